<?php

namespace App\Http\Controllers;

use App\Jobs\SettleBill;
use App\Models\Bill;
use App\Services\Lunas\Lunas;
use App\Services\Lunas\NoAnswer;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Support\Str;

final class BillController
{
    public function __construct(private readonly Lunas $lunas)
    {
    }

    // == Inquiry

    public function inquire(Request $request): JsonResponse
    {
        $asked = $request->validate(['code' => 'required|string', 'hp' => 'required|string', 'month' => 'string']);
        // The ref_id is stored before it is sent: it is what you ask by when an answer is lost.
        $bill = Bill::create(['ref_id' => 'laravel-'.Str::uuid()]);
        try {
            $answer = $this->lunas->inquire($bill->ref_id, $asked['code'], $asked['hp'], $request->only('month'));
        } catch (NoAnswer) {
            // An inquiry moves no money: the next one comes under a ref_id of its own.
            abort(504, 'The bill cannot be looked up at the moment.');
        }
        abort_if($answer['response_code'] !== '00', 422, $answer['message']);
        $bill->forceFill([
            'state' => 'inquired',
            'tr_id' => $answer['tr_id'],
            'price' => $answer['price'],
        ])->save();
        return response()->json($bill);
    }

    // == Payment

    public function pay(Bill $bill): JsonResponse
    {
        if ($bill->beginPayment()) {
            // The job is there before the money moves, and so it is if this process dies on the way.
            SettleBill::dispatch($bill)->delay(now()->addMinute());
            try {
                $bill->record($this->lunas->pay($bill->tr_id));
            } catch (NoAnswer) {
                // Nobody knows: the bill stays in process, and the job asks for the status.
            }
        }
        return response()->json($bill, $bill->state === 'paying' ? 202 : 200);
    }

    public function show(Bill $bill): JsonResponse
    {
        return response()->json($bill);
    }

    // == Receipt

    public function receipt(Bill $bill): Response
    {
        abort_if($bill->state !== 'paid', 404);
        try {
            $pdf = $this->lunas->receipt($bill->tr_id) ?? abort(404);
        } catch (NoAnswer) {
            abort(504, 'The receipt cannot be fetched at the moment.');
        }
        return response($pdf, headers: ['Content-Type' => 'application/pdf']);
    }
}
