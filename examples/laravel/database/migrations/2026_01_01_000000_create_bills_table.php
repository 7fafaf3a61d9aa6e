<?php

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;

return new class extends Migration
{
    public function up(): void
    {
        Schema::create('bills', function (Blueprint $table) {
            $table->id();
            $table->string('ref_id', 64)->unique();
            $table->unsignedBigInteger('tr_id')->nullable()->unique();
            $table->string('state')->default('new'); // new, inquired, paying, paid, failed
            $table->unsignedBigInteger('price')->nullable(); // whole rupiah
            $table->string('noref')->nullable();
            $table->string('message')->nullable();
            $table->timestamps();
        });
    }
};
