<?php

namespace App\Http\Controllers;

use App\Jobs\SettleBill;
use App\Models\Bill;
use App\Services\Lunas\Lunas;
use Illuminate\Http\Request;
use Illuminate\Http\Response;

// == Callback

/**
 * Hears how a payment ended that was left open. It is news and no proof: the job asks for the status,
 * and may do so twice, as the same news may come twice.
 */
final class CallbackController
{
    public function __invoke(Request $request, Lunas $lunas): Response
    {
        $told = $request->validate(['data.ref_id' => 'required|string', 'data.sign' => 'required|string'])['data'];
        abort_unless($lunas->hasSigned($told['ref_id'], $told['sign']), 403);
        $bill = Bill::firstWhere('ref_id', $told['ref_id']);
        if ($bill !== null) {
            SettleBill::dispatch($bill);
        }
        // Whatever takes long is the job's: lunas waits for ten seconds.
        return response()->noContent();
    }
}
