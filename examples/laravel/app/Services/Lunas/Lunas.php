<?php

namespace App\Services\Lunas;

use Illuminate\Container\Attributes\Config;
use Illuminate\Http\Client\ConnectionException;
use Illuminate\Http\Client\PendingRequest;
use Illuminate\Http\Client\Response;
use Illuminate\Support\Facades\Http;

/** A partner's side of lunas; each method answers the fields of `data`. */
final class Lunas
{
    // == Setup

    public function __construct(
        #[Config('lunas.url')] private readonly string $url,
        #[Config('lunas.username')] private readonly string $username,
        #[Config('lunas.api_key')] private readonly string $apiKey,
        #[Config('lunas.patience')] private readonly int $patience,
    ) {
    }

    private function sign(string $suffix): string
    {
        return md5($this->username.$this->apiKey.$suffix);
    }

    /** Asks once, without `retry()`: what a lost request did is asked by its status. */
    private function ask(callable $request): Response
    {
        try {
            $response = $request(Http::baseUrl("{$this->url}/api/v1")->timeout($this->patience));
        } catch (ConnectionException $lost) {
            throw new NoAnswer($lost->getMessage(), previous: $lost);
        }
        // Another status says nothing about the outcome.
        return in_array($response->status(), [200, 400], true)
            ? $response
            : throw new NoAnswer("HTTP status {$response->status()}");
    }

    private function send(string $command, string $signed, array $fields): array
    {
        $body = ['commands' => $command, 'username' => $this->username, 'sign' => $this->sign($signed)];
        $response = $this->ask(fn (PendingRequest $http) => $http->post('bill/check', $body + $fields));
        return $response->json('data') ?? throw new NoAnswer('it cannot be read');
    }

    /** Whether a callback about that ref_id is lunas's; how long it takes to say so tells nothing. */
    public function hasSigned(string $refId, string $sign): bool
    {
        return hash_equals($this->sign($refId), $sign);
    }

    // == Inquiry

    public function inquire(string $refId, string $code, string $hp, array $fields): array
    {
        $own = ['code' => $code, 'hp' => $hp, 'ref_id' => $refId];
        return $this->send('inq-pasca', $refId, $own + $fields);
    }

    // == Payment

    public function pay(int $trId): array
    {
        return $this->send('pay-pasca', (string) $trId, ['tr_id' => $trId]);
    }

    // == Check status after a lost answer

    public function status(string $refId): array
    {
        return $this->send('checkstatus', 'cs', ['ref_id' => $refId]);
    }

    // == Receipt

    /** The PDF, or null as long as the bill is not paid. */
    public function receipt(int $trId): ?string
    {
        // A receipt holds a person's data, so its request is signed, too.
        $query = ['username' => $this->username, 'sign' => $this->sign("{$trId}receipt")];
        $pdf = $this->ask(fn (PendingRequest $http) => $http->get("download/{$trId}", $query))->body();
        return str_starts_with($pdf, '%PDF') ? $pdf : null;
    }
}
