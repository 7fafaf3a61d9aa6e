<?php

namespace App\Models;

use Illuminate\Database\Eloquent\Model;

class Bill extends Model
{
    protected $fillable = ['ref_id'];

    /** Only one caller begins a payment, however often a customer clicks. */
    public function beginPayment(): bool
    {
        $begun = static::whereKey($this->id)->where('state', 'inquired')->update(['state' => 'paying']);
        $this->refresh();
        return $begun === 1;
    }

    /** Keeps what an answer to a payment or a status says, if it is an outcome. */
    public function record(array $answer): void
    {
        $state = match ($answer['response_code']) {
            '00' => 'paid',
            // In process, paid before, or not begun: the status tells the rest.
            '39', '01', '42' => 'paying',
            default => 'failed',
        };
        $this->forceFill([
            'state' => $state,
            'noref' => $answer['noref'] ?? null,
            'message' => $answer['message'],
        ])->save();
    }
}
