#!/bin/sh
# Sends a callback as lunas does, so that you can try your receiver, with curl and md5sum (on
# macOS: md5).
#
#     LUNAS_API_KEY=rahasia123 sh callback.sh http://127.0.0.1:8090/callback
set -eu

# == Callback

RECEIVER="${1:-http://127.0.0.1:8090/callback}"
USERNAME="${LUNAS_USERNAME:-081234567890}"
API_KEY="${LUNAS_API_KEY:?set it to your API key}"
REF_ID="${2:-order-1}"
TR_ID=10000001

SIGN="$(printf %s "$USERNAME$API_KEY$REF_ID" | (md5sum 2>/dev/null || md5) | cut -c1-32)"

# The answer to a checkstatus, and its signature. Amounts are whole rupiah.
BODY='{"data":{"tr_id":'"$TR_ID"',"code":"BPJS","datetime":"20261123170750","hp":"8801234560001",'
BODY="$BODY"'"tr_name":"VERGIE","period":"02","nominal":50000,"admin":2500,"status":1,'
BODY="$BODY"'"response_code":"00","message":"SUCCESS","price":52500,"selling_price":52300,'
BODY="$BODY"'"balance":947700,"noref":"4711","ref_id":"'"$REF_ID"'","sign":"'"$SIGN"'"},"meta":[]}'

# lunas takes any 2xx within ten seconds for an answer. It follows no redirect, and sends the same again
# otherwise: under the same event, as the next attempt.
for ATTEMPT in 1 2; do
    STATUS="$(curl -sS --max-time 10 -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' \
        -H "X-Lunas-Event: payment-$TR_ID" -H "X-Lunas-Attempt: $ATTEMPT" -d "$BODY" "$RECEIVER")"
    echo "Attempt $ATTEMPT: HTTP status $STATUS"
    case "$STATUS" in 2??) ;; *) exit 1 ;; esac
done
