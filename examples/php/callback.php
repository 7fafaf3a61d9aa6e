<?php

// Hears from lunas how payments ended that were left open, with PHP 8.2 alone.
//
//     LUNAS_API_KEY=rahasia123 php -S 127.0.0.1:8090 callback.php

declare(strict_types=1);

// == Callback

const LONGEST = 64 * 1024;

function is_signed(array $data): bool
{
    $username = getenv('LUNAS_USERNAME') ?: '081234567890';
    $apiKey = getenv('LUNAS_API_KEY') ?: throw new RuntimeException("set LUNAS_API_KEY to your API key");
    // Compared in constant time: how long it takes tells nothing about the right signature.
    return hash_equals(md5($username . $apiKey . $data['ref_id']), (string) $data['sign']);
}

/** It is news and no proof: who moves money by it asks for the status first. */
function take(array $data): string
{
    // In an application this is your table of payments, with tr_id as its key. The same news may come
    // twice; of two at once the file is made for one.
    $mark = sprintf('callback-%d', $data['tr_id']);
    if (@fopen($mark, 'x') === false) {
        return is_file($mark) ? 'again, nothing to do' : throw new RuntimeException("cannot make {$mark}");
    }
    return $data['response_code'] === '00'
        ? "paid, reference {$data['noref']}"
        : "failed: {$data['response_code']} {$data['message']}";
}

function receive(): int
{
    if ($_SERVER['REQUEST_METHOD'] !== 'POST' || $_SERVER['REQUEST_URI'] !== '/callback') {
        return 404;
    }
    $body = file_get_contents('php://input', length: LONGEST + 1);
    if (strlen($body) > LONGEST) {
        return 413;
    }
    $data = json_decode($body, true)['data'] ?? null;
    if (!isset($data['ref_id'], $data['sign'], $data['tr_id'], $data['response_code'], $data['message'])) {
        return 400;
    }
    if (!is_signed($data)) {
        return 403;
    }
    file_put_contents('php://stdout', "Callback: {$data['ref_id']} " . take($data) . "\n");
    // Whatever takes long comes after the answer: lunas waits for ten seconds.
    return 200;
}

// What ends with an error has to come again, and a PHP that displays errors would answer them with 200.
http_response_code(500);
http_response_code(receive());
