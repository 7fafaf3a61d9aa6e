<?php

use App\Http\Controllers\BillController;
use App\Http\Controllers\CallbackController;
use Illuminate\Support\Facades\Route;

// lunas calls this one, and signs what it says.
Route::post('/lunas/callback', CallbackController::class);

// Who may call these is up to your application: put its own authentication in front.
Route::middleware('auth')->group(function () {
    Route::post('/bills', [BillController::class, 'inquire']);
    Route::get('/bills/{bill}', [BillController::class, 'show']);
    Route::post('/bills/{bill}/payment', [BillController::class, 'pay']);
    Route::get('/bills/{bill}/receipt', [BillController::class, 'receipt']);
});
