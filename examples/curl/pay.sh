#!/bin/sh
# Pays a bill over lunas, with curl, sed and md5sum (on macOS: md5).
#
#     LUNAS_API_KEY=rahasia123 sh pay.sh
set -eu

# == Setup

API="${LUNAS_URL:-http://127.0.0.1:8080}/api/v1"
USERNAME="${LUNAS_USERNAME:-081234567890}"
API_KEY="${LUNAS_API_KEY:?set it to your API key}"

# An answer always leaves within 30 seconds, so whoever waits a little longer rarely loses one.
PATIENCE=35

fail() {
    echo "$1" >&2
    exit 1
}

sign() {
    printf %s "$USERNAME$API_KEY$1" | (md5sum 2>/dev/null || md5) | cut -c1-32
}

# send COMMAND SIGNED FIELDS [PATIENCE] prints the answer, and fails if there is none: after an
# HTTP status of 400 and more, too.
send() {
    curl -sS --fail --max-time "${4:-$PATIENCE}" -H 'Content-Type: application/json' \
        -d '{"commands":"'"$1"'","username":"'"$USERNAME"'","sign":"'"$(sign "$2")"'",'"$3"'}' \
        "$API/bill/check"
}

# field NAME prints a field of $ANSWER, string or whole number; nothing if there is no answer.
field() {
    printf %s "$ANSWER" | sed -n -e 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' -e 's/.*"'"$1"'":\([0-9]*\).*/\1/p'
}

# == Inquiry

# inquire CODE HP FIELDS sets REF_ID and TR_ID.
inquire() {
    # Store your ref_id before it is sent: it is what you ask by when an answer is lost.
    REF_ID="curl-$$-$(date +%s%N)"
    ANSWER=$(send inq-pasca "$REF_ID" '"code":"'"$1"'","hp":"'"$2"'","ref_id":"'"$REF_ID"'",'"$3") ||
        fail 'Inquiry: no answer; nothing is paid'
    [ "$(field response_code)" = 00 ] ||
        fail "Inquiry refused: $(field response_code) $(field message)"
    TR_ID=$(field tr_id)
    # Amounts are whole rupiah. The customer pays the price, your deposit the selling price.
    echo "Inquiry: $(field tr_name) owes Rp $(field price), you pay Rp $(field selling_price)"
}

# == Payment

# pay [PATIENCE] pays TR_ID.
pay() {
    ANSWER=$(send pay-pasca "$TR_ID" '"tr_id":'"$TR_ID" "${1:-$PATIENCE}") || {
        echo 'Payment: answer lost, asking for the status'
        ANSWER=
    }
    settle
}

# == Check status after a lost answer

# Asks until there is an outcome. A lost answer is no failure. To pay under a new ref_id could pay
# twice, and to give your customer the money back could give away a bill that is paid.
settle() {
    ASKED=0
    while [ $ASKED -lt 60 ]; do
        ASKED=$((ASKED + 1))
        case $(field response_code) in
        00)
            echo "Payment: paid, reference $(field noref), deposit Rp $(field balance)"
            return
            ;;
        '' | 39 | 01) # Unknown, in process, or paid before: the status tells.
            sleep 1
            ANSWER=$(send checkstatus cs '"ref_id":"'"$REF_ID"'"') || ANSWER=
            ;;
        42) # The payment never arrived. The same tr_id is paid once at most.
            ANSWER=$(send pay-pasca "$TR_ID" '"tr_id":'"$TR_ID") || ANSWER=
            ;;
        *) fail "Payment failed: $(field response_code) $(field message)" ;;
        esac
    done
    fail "Payment: no outcome yet; ask for the status of $REF_ID later"
}

# == Receipt

save_receipt() {
    # A receipt holds a person's data, so its request is signed, too.
    curl -sS --fail --max-time $PATIENCE -o "receipt-$TR_ID.pdf" \
        "$API/download/$TR_ID?username=$USERNAME&sign=$(sign "${TR_ID}receipt")" ||
        fail 'Receipt: no answer'
    [ "$(head -c 4 "receipt-$TR_ID.pdf")" = %PDF ] || fail "Receipt refused: $(cat "receipt-$TR_ID.pdf")"
    echo "Receipt: receipt-$TR_ID.pdf"
}

# == All together

inquire BPJS 8801234560001 '"month":"2"'
pay
save_receipt

# Half a second is too short on purpose: a server that takes its time loses this answer.
inquire BPJS 8801234560001 '"month":"2"'
pay 0.5
