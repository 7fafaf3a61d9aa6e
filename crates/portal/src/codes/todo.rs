//! What to do about each response code.

use iak_protocol::ResponseCode::{self, *};

use crate::commands::Text;

const ASK_AGAIN: Text =
    ("Coba cek tagihan lagi nanti dengan ref_id baru.", "Inquire again later with a new ref_id.");
const CHECK_NUMBER: Text = (
    "Minta pelanggan memeriksa nomornya, lalu cek tagihan lagi dengan ref_id baru.",
    "Ask the customer to check the number, then inquire again with a new ref_id.",
);
const AT_THE_COUNTER: Text = (
    "Arahkan pelanggan ke loket biller. Lewat API tagihan ini tidak bisa dibayar.",
    "Send the customer to the biller's counter. This bill cannot be paid through the API.",
);
const ASK_THE_OPERATOR: Text = (
    "Hubungi operator gateway ini dan sebutkan waktu serta ref_id.",
    "Contact the operator of this gateway with the time and the ref_id.",
);
const ASK_FOR_STATUS: Text = (
    "Tanyakan dengan checkstatus sampai responsnya 00 atau gagal, atau tunggu callback. Jangan bayar \
     dengan ref_id baru: pelanggan bisa membayar dua kali.",
    "Ask with checkstatus until it answers 00 or a failure, or wait for the callback. Do not pay with a \
     new ref_id: the customer might pay twice.",
);
const NOTHING_OWED: Text = (
    "Beri tahu pelanggan bahwa tagihannya sudah lunas. Jangan menagihnya lagi.",
    "Tell the customer that the bill is already paid. Do not charge them again.",
);
const PAY_AGAIN_LATER: Text = (
    "Deposit sudah kembali. Bila pelanggan masih mau, mulai lagi dari cek tagihan dengan ref_id baru.",
    "The money is back in your balance. If the customer still wants to pay, start with an inquiry with a new ref_id.",
);

/// What to do about a code.
pub(super) const fn todo(code: ResponseCode) -> Text {
    match code {
        Success => (
            "Setelah cek tagihan, bayar dengan tr_id pada hari yang sama. Setelah pembayaran, simpan \
                 noref dan beri pelanggan struknya.",
            "After an inquiry, pay with the tr_id on the same day. After a payment, keep the noref \
                 and give the customer the receipt.",
        ),
        InvoicePaid | BillPaid => NOTHING_OWED,
        BillUnpaid => (
            "Unduh struk hanya setelah pembayaran menjawab 00.",
            "Download the receipt only after the payment answered 00.",
        ),
        InvalidRefId => (
            "Pakai 1 sampai 64 huruf, angka, dan - _ . : /, misalnya UUID.",
            "Use 1 to 64 letters, digits and - _ . : /, such as a UUID.",
        ),
        BillingIdExpired => (
            "Cek tagihan lagi dengan ref_id baru, lalu bayar tr_id yang baru pada hari itu juga.",
            "Inquire again under a new ref_id, and pay the new tr_id on the same day.",
        ),
        UndefinedError | Pending | UndefinedResponseCode => ASK_FOR_STATUS,
        InquiryNotFound => (
            "Kirim tr_id dari cek tagihan yang dijawab 00, dengan username yang sama.",
            "Send the tr_id of an inquiry that was answered 00, under the same username.",
        ),
        TransactionFailed | PaymentFailed | RequestAgain | BillerError => PAY_AGAIN_LATER,
        BillingIdBlocked | CustomerBlocked | PayAtCounter | TotalBillExceeded | DueDateExceeded
        | PayAtCompany | ServiceExpired => AT_THE_COUNTER,
        InquiryFailed | IncorrectDestination => CHECK_NUMBER,
        BillNotAvailable => (
            "Beri tahu pelanggan bahwa tagihannya belum terbit, dan coba lagi setelah terbit.",
            "Tell the customer that the bill is not available yet, and try again later.",
        ),
        DuplicateRefId => (
            "Untuk tagihan lain buat ref_id baru. Bila respons pertama hilang, tanyakan dengan \
                 checkstatus.",
            "Make a new ref_id for another bill. If the first answer was lost, ask with checkstatus.",
        ),
        NumberNotSupported => (
            "Periksa nomornya, dan apakah produk lain yang dimaksud.",
            "Check the number, and check that this is the right product.",
        ),
        OperatorMismatch => (
            "Pilih kode produk dari operator nomor itu.",
            "Choose the product code that belongs to the operator of this number.",
        ),
        BalanceNotEnough => (
            "Isi deposit, lalu kirim lagi pembayaran yang sama.",
            "Add a deposit, then send the same payment again.",
        ),
        ProductUnregistered => (
            "Ambil kodenya dari pricelist-pasca; huruf besar dan kecil dibedakan.",
            "Take the code from pricelist-pasca; it is case-sensitive.",
        ),
        PayAllPeriods => {
            ("Cek tagihan lagi untuk semua periode.", "Inquire again for all periods.")
        }
        TryAgainLater => (
            "HTTP 200: tunggu sampai pembayaran yang lain selesai; bila gagal, kirim lagi request yang \
                 sama. HTTP 429 atau 503: tunggu selama yang disebut header Retry-After, lalu kirim lagi \
                 request yang sama.",
            "HTTP 200: wait until the other payment ends; if it failed, send the same request again. HTTP \
                 429 or 503: wait as long as the Retry-After header says, then send the same request.",
        ),
        AnotherArrear => ("Bayar tunggakan yang lebih lama dulu.", "Pay the older arrears first."),
        ArrearPaid | Timeout | Maintenance => ASK_AGAIN,
        PaymentNotReceived => (
            "Bila pelanggan sudah membayar Anda, kirim pay-pasca dengan tr_id itu; pada hari lain \
                 mulai dari cek tagihan.",
            "If the customer has paid you, send pay-pasca with that tr_id; on another day, start \
                 with an inquiry.",
        ),
        DatabaseError | GeneralError | IdNotAllowed | AccountSuspended => ASK_THE_OPERATOR,
        InvalidAmount => (
            "Kirim rupiah bulat di atas nol, atau 1 sampai 12 bulan.",
            "Send whole rupiah above zero, or 1 to 12 months.",
        ),
        InvalidSignature => (
            "Hitung md5 dari username + API key + akhiran tanpa pemisah dan tanpa baris baru, dari \
                 nilai yang persis Anda kirim. Bila responsnya memuat hint, di sana tertulis kesalahannya.",
            "Take the md5 of username + API key + suffix, without separators and line feeds, \
                 from exactly the values that you send. If the answer has a hint, it names the mistake.",
        ),
        InvalidCommand => (
            "Pakai inq-pasca, pay-pasca, checkstatus, atau pricelist-pasca.",
            "Use inq-pasca, pay-pasca, checkstatus or pricelist-pasca.",
        ),
        InvalidIpAddress => (
            "Kirim dari server Anda, atau minta operator menambahkan alamatnya.",
            "Send from your server, or ask the operator to add the address.",
        ),
        ProductOutOfService => (
            "Bila statusnya 4, sembunyikan produk ini sampai statusnya 1 lagi. Bila statusnya 1, \
                 hubungi operator gateway ini.",
            "With status 4, hide the product until the status is 1 again. With status 1, contact the operator \
                 of this gateway.",
        ),
        FormatError => (
            "Baca error_details: setiap field yang salah disebut dengan alasannya.",
            "Read error_details: it lists each wrong field with the reason.",
        ),
        CutOff => (
            "Kirim lagi setelah jam layanan dibuka. Lewat tengah malam, mulai dari cek tagihan.",
            "Send it again within the service hours. After midnight, start with an inquiry.",
        ),
        PageNotFound => ("Kirim POST ke /api/v1/bill/check.", "Send a POST to /api/v1/bill/check."),
    }
}
