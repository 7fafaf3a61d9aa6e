<?php

namespace App\Services\Lunas;

use RuntimeException;

/** Nobody knows what became of the request: it may have been carried out. */
final class NoAnswer extends RuntimeException
{
}
