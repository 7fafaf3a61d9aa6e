<?php

return [
    'url' => env('LUNAS_URL', 'http://127.0.0.1:8080'),
    'username' => env('LUNAS_USERNAME', '081234567890'),
    'api_key' => env('LUNAS_API_KEY'),

    // Seconds. An answer always leaves within 30, so whoever waits a little longer rarely loses one.
    'patience' => 35,
];
