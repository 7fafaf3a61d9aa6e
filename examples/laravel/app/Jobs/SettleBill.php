<?php

namespace App\Jobs;

use App\Models\Bill;
use App\Services\Lunas\Lunas;
use App\Services\Lunas\NoAnswer;
use DateTimeInterface;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Queue\Queueable;

// == Check status after a lost answer

/**
 * Asks until there is an outcome. A lost answer is no failure. To pay under a new ref_id could pay
 * twice, and to give your customer the money back could give away a bill that is paid.
 */
final class SettleBill implements ShouldQueue
{
    use Queueable;

    public function __construct(private readonly Bill $bill)
    {
    }

    /** A bill that is in process for longer is for a person to look at; its state stays `paying`. */
    public function retryUntil(): DateTimeInterface
    {
        return now()->addDays(3);
    }

    public function handle(Lunas $lunas): void
    {
        if ($this->bill->state !== 'paying') {
            return;
        }
        try {
            $answer = $lunas->status($this->bill->ref_id);
            // 42: the payment never arrived. The same tr_id is paid once at most.
            if ($answer['response_code'] === '42') {
                $answer = $lunas->pay($this->bill->tr_id);
            }
            $this->bill->record($answer);
        } catch (NoAnswer) {
            // The next round asks again.
        }
        if ($this->bill->state === 'paying') {
            $this->release(30);
        }
    }
}
