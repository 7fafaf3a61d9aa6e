<?php

// Pays a bill over lunas, with PHP 8.2 and its curl extension.
//
//     LUNAS_API_KEY=rahasia123 php pay.php

declare(strict_types=1);

// == Setup

/** Nobody knows what became of the request: it may have been carried out. */
final class NoAnswer extends RuntimeException
{
}

/** There is an outcome, and it is not the one that was wanted. */
final class Refused extends RuntimeException
{
}

final class Lunas
{
    // An answer always leaves within 30 seconds, so whoever waits a little longer rarely loses one.
    private const PATIENCE_MS = 35_000;

    public function __construct(
        private readonly string $url,
        private readonly string $username,
        #[SensitiveParameter] private readonly string $apiKey,
    ) {
    }

    private function sign(string $suffix): string
    {
        return md5($this->username . $this->apiKey . $suffix);
    }

    /** The body of the answer; a status other than 200 and 400 says nothing about the outcome. */
    private function fetch(string $path, array $options = [], int $patience = self::PATIENCE_MS): string
    {
        $curl = curl_init("{$this->url}/api/v1/{$path}");
        curl_setopt_array($curl, $options + [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT_MS => $patience]);
        $body = curl_exec($curl);
        if ($body === false) {
            throw new NoAnswer(curl_error($curl));
        }
        $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        return in_array($status, [200, 400], true) ? $body : throw new NoAnswer("HTTP status {$status}");
    }

    private function send(string $command, string $signed, array $fields, int $patience = self::PATIENCE_MS): array
    {
        $request = ['commands' => $command, 'username' => $this->username, 'sign' => $this->sign($signed)];
        $body = $this->fetch('bill/check', [
            CURLOPT_POSTFIELDS => json_encode($request + $fields, JSON_THROW_ON_ERROR),
            CURLOPT_HTTPHEADER => ['Content-Type: application/json'],
        ], $patience);
        return json_decode($body, true)['data'] ?? throw new NoAnswer('it cannot be read');
    }

    // == Inquiry

    public function inquire(string $code, string $hp, array $fields): array
    {
        // Store your ref_id before it is sent: it is what you ask by when an answer is lost.
        $refId = 'php-' . bin2hex(random_bytes(16));
        $bill = $this->send('inq-pasca', $refId, ['code' => $code, 'hp' => $hp, 'ref_id' => $refId] + $fields);
        if ($bill['response_code'] !== '00') {
            throw new Refused("Inquiry refused: {$bill['response_code']} {$bill['message']}");
        }
        // Amounts are whole rupiah. The customer pays the price, your deposit the selling price.
        echo "Inquiry: {$bill['tr_name']} owes Rp {$bill['price']}, you pay Rp {$bill['selling_price']}\n";
        return $bill;
    }

    // == Payment

    public function pay(array $bill, int $patience = self::PATIENCE_MS): void
    {
        try {
            $answer = $this->sendPayment($bill, $patience);
        } catch (NoAnswer $reason) {
            echo "Payment: answer lost ({$reason->getMessage()}), asking for the status\n";
            $answer = null;
        }
        $this->settle($bill, $answer);
    }

    private function sendPayment(array $bill, int $patience = self::PATIENCE_MS): array
    {
        return $this->send('pay-pasca', (string) $bill['tr_id'], ['tr_id' => $bill['tr_id']], $patience);
    }

    // == Check status after a lost answer

    /**
     * Asks until there is an outcome. A lost answer is no failure. To pay under a new ref_id could
     * pay twice, and to give your customer the money back could give away a bill that is paid.
     */
    private function settle(array $bill, ?array $answer): void
    {
        for ($asked = 0; $asked < 60; $asked++) {
            $code = $answer['response_code'] ?? null;
            if ($code === '00') {
                echo "Payment: paid, reference {$answer['noref']}, deposit Rp {$answer['balance']}\n";
                return;
            }
            try {
                $answer = match ($code) {
                    // Unknown, in process, or paid before: the status tells.
                    null, '39', '01' => $this->status($bill['ref_id']),
                    // The payment never arrived. The same tr_id is paid once at most.
                    '42' => $this->sendPayment($bill),
                    default => throw new Refused("Payment failed: {$code} {$answer['message']}"),
                };
            } catch (NoAnswer) {
                $answer = null;
            }
        }
        throw new Refused("Payment: no outcome yet; ask for the status of {$bill['ref_id']} later");
    }

    private function status(string $refId): array
    {
        sleep(1);
        return $this->send('checkstatus', 'cs', ['ref_id' => $refId]);
    }

    // == Receipt

    public function saveReceipt(int $trId): void
    {
        // A receipt holds a person's data, so its request is signed, too.
        $query = http_build_query(['username' => $this->username, 'sign' => $this->sign("{$trId}receipt")]);
        $pdf = $this->fetch("download/{$trId}?{$query}");
        if (!str_starts_with($pdf, '%PDF')) {
            throw new Refused("Receipt refused: {$pdf}");
        }
        file_put_contents("receipt-{$trId}.pdf", $pdf);
        echo "Receipt: receipt-{$trId}.pdf\n";
    }
}

// == All together

try {
    $lunas = new Lunas(
        getenv('LUNAS_URL') ?: 'http://127.0.0.1:8080',
        getenv('LUNAS_USERNAME') ?: '081234567890',
        getenv('LUNAS_API_KEY') ?: throw new Refused("set LUNAS_API_KEY to your API key"),
    );
    $bill = $lunas->inquire('BPJS', '8801234560001', ['month' => '2']);
    $lunas->pay($bill);
    $lunas->saveReceipt($bill['tr_id']);

    // Half a second is too short on purpose: a server that takes its time loses this answer.
    $lunas->pay($lunas->inquire('BPJS', '8801234560001', ['month' => '2']), patience: 500);
} catch (NoAnswer $reason) {
    fwrite(STDERR, "No answer: {$reason->getMessage()}\n");
    exit(1);
} catch (Refused $reason) {
    fwrite(STDERR, "{$reason->getMessage()}\n");
    exit(1);
}
