//! What each response code means.

use iak_protocol::ResponseCode::{self, *};

use crate::commands::Text;

/// What a code means.
pub(super) const fn means(code: ResponseCode) -> Text {
    match code {
        Success => (
            "Tagihan ditemukan, atau pembayaran berhasil. message menyebut yang mana.",
            "The bill was found, or the payment succeeded. message says which.",
        ),
        InvoicePaid => (
            "Tagihan ini sudah dibayar. Bila tr_id ini sudah Anda bayar, responsnya memuat data \
                 pembayaran itu; tidak ada debit kedua.",
            "This bill has been paid. If you already paid this tr_id, the answer contains that \
                 payment; there is no second debit.",
        ),
        BillUnpaid => (
            "Struk diminta untuk transaksi yang belum dibayar.",
            "A receipt was requested for a transaction that is not paid.",
        ),
        InvalidRefId => (
            "ref_id kosong, lebih dari 64 karakter, memuat karakter lain, atau berbunyi cs atau pl.",
            "The ref_id is empty, longer than 64 characters, contains other characters, or is cs or \
                 pl.",
        ),
        BillingIdExpired => (
            "Cek tagihannya bukan hari ini (waktu Jakarta), jadi jumlahnya mungkin sudah berubah.",
            "The inquiry was not made today (Jakarta time), so the amount may have changed.",
        ),
        UndefinedError => (
            "Biller menjawab kesalahan yang tidak dikenal.",
            "The biller answered with an unknown error.",
        ),
        InquiryNotFound => (
            "Tidak ada transaksi Anda dengan tr_id atau ref_id ini. Cek tagihan yang gagal tidak \
                 dicatat.",
            "You have no transaction with this tr_id or ref_id. A failed inquiry is not \
                 recorded.",
        ),
        TransactionFailed => {
            ("Biller menolak transaksi ini.", "The biller refused the transaction.")
        }
        BillingIdBlocked => {
            ("Nomor tagihan ini diblokir biller.", "The biller has blocked this billing number.")
        }
        InquiryFailed => (
            "Biller tidak dapat menjawab cek tagihan ini.",
            "The biller could not answer this inquiry.",
        ),
        BillNotAvailable => {
            ("Belum ada tagihan untuk periode ini.", "There is no bill for this period yet.")
        }
        DuplicateRefId => (
            "ref_id ini sudah pernah Anda pakai. Request kedua tidak mengubah apa pun.",
            "You have used this ref_id before. The second request changed nothing.",
        ),
        CustomerBlocked => ("Nomor pelanggan ini diblokir.", "This customer's number is blocked."),
        IncorrectDestination => (
            "Biller tidak mengenal nomor pelanggan ini.",
            "The biller does not know this customer's number.",
        ),
        NumberNotSupported => {
            ("Nomor ini tidak dilayani produk ini.", "This product does not serve this number.")
        }
        OperatorMismatch => {
            ("Nomor ini milik operator lain.", "This number belongs to another operator.")
        }
        BalanceNotEnough => (
            "Saldo deposit Anda sendiri di gateway ini, setelah dikurangi batas saldo minimumnya, \
                 kurang dari selling_price. Tidak ada yang dibayar.",
            "Your own balance at this gateway, minus its minimum, is less than the selling_price. \
                 Nothing was paid.",
        ),
        ProductUnregistered => {
            ("Kode produk ini tidak ada.", "There is no product with this code.")
        }
        PayAtCounter => (
            "Tagihan ini hanya dapat dibayar di loket biller atau PDAM.",
            "This bill can only be paid at the counter of the biller or water company.",
        ),
        TotalBillExceeded => {
            ("Jumlah tagihan melebihi batas.", "The bill total is above the limit.")
        }
        PayAllPeriods => (
            "Semua periode yang menunggak harus dibayar sekaligus.",
            "All periods in arrears must be paid together.",
        ),
        TryAgainLater => (
            "Salah satu dari tiga hal. HTTP 200: pembayaran lain untuk tagihan yang sama masih \
                 diproses. HTTP 429: request terlalu sering. HTTP 503: gateway sedang penuh, atau \
                 untuk sementara tidak dapat mencatat apa pun. Request ini tidak dicatat.",
            "One of three things. HTTP 200: another payment of the same bill is still in process. \
                 HTTP 429: requests come too often. HTTP 503: the gateway is busy, or can record nothing \
                 for the moment. This request was not recorded.",
        ),
        BillPaid => {
            ("Tagihan ini sudah dibayar di tempat lain.", "This bill has been paid elsewhere.")
        }
        AnotherArrear => (
            "Ada tunggakan lain yang harus dibayar lebih dulu.",
            "Other arrears must be paid first.",
        ),
        DueDateExceeded => ("Tagihan ini lewat jatuh tempo.", "This bill is past its due date."),
        PaymentFailed => (
            "Pembayaran pasti gagal dan deposit sudah kembali utuh.",
            "The payment has definitely failed, and the full amount is back in your balance.",
        ),
        RequestAgain => {
            ("Pembayaran gagal sebelum diproses.", "The payment failed before it was processed.")
        }
        Pending => (
            "Hasil pembayaran belum diketahui. Deposit ditahan sampai biller memberi kepastian.",
            "The outcome of the payment is not known yet. The amount stays on hold until the \
                 biller confirms.",
        ),
        ArrearPaid => (
            "Sebagian atau semua tunggakan sudah dibayar setelah cek tagihan.",
            "Some or all of the arrears have been paid since the inquiry.",
        ),
        PayAtCompany => (
            "Tagihan ini hanya dapat dibayar langsung ke perusahaannya.",
            "This bill can only be paid directly to the company.",
        ),
        PaymentNotReceived => (
            "ref_id ini sudah dicek tagihannya, tetapi pembayarannya belum pernah diterima.",
            "There was an inquiry with this ref_id, but no payment has arrived.",
        ),
        DatabaseError => ("Basis data tidak terjangkau.", "The database could not be reached."),
        GeneralError => {
            ("Terjadi kesalahan di dalam gateway.", "An error occurred inside the gateway.")
        }
        InvalidAmount => (
            "desc.amount atau month bukan jumlah yang berlaku.",
            "desc.amount or month is not valid.",
        ),
        ServiceExpired => {
            ("Masa layanan pelanggan sudah berakhir.", "The customer's service has ended.")
        }
        InvalidSignature => (
            "sign tidak cocok, atau username tidak dikenal; responsnya sengaja sama.",
            "The sign does not match, or the username is unknown; the answer is the same on purpose.",
        ),
        InvalidCommand => (
            "Nilai commands bukan salah satu dari keempat command.",
            "The value of commands is not one of the four commands.",
        ),
        InvalidIpAddress => (
            "Alamat IP ini tidak ada dalam daftar yang diizinkan untuk Anda.",
            "This IP address is not on your allow-list.",
        ),
        Timeout => (
            "Biller tidak menjawab cek tagihan pada waktunya. Tidak ada yang dicatat.",
            "The biller did not answer the inquiry in time. Nothing was recorded.",
        ),
        BillerError => (
            "Sistem biller mengalami gangguan dan pembayaran pasti tidak jadi.",
            "The biller's system has an error, and the payment was definitely not made.",
        ),
        ProductOutOfService => (
            "Produk ini sedang tidak dijual (status 4 di pricelist-pasca), atau di gateway ini belum \
                 ada biller yang terhubung untuk produk ini (status 1).",
            "This product is not on sale now (status 4 in pricelist-pasca), or no biller is \
                 connected for it at this gateway yet (status 1).",
        ),
        FormatError => (
            "Body tidak dapat dibaca, atau ada field yang kurang atau formatnya salah \
                 (HTTP 400). Berlaku untuk JSON maupun XML.",
            "The body cannot be read, or fields are missing or in the wrong format (HTTP 400). This \
                 applies to JSON and to XML.",
        ),
        IdNotAllowed => (
            "ID Anda tidak boleh dipakai untuk produk ini.",
            "Your ID may not be used for this product.",
        ),
        CutOff => (
            "Di luar jam layanan produk. PLN tutup pukul 23.00 sampai 01.00 waktu Jakarta.",
            "Outside the product's hours. PLN is closed from 23:00 to 01:00 in Jakarta.",
        ),
        Maintenance => (
            "Sistem biller sedang dalam perawatan. Gateway ini hanya meneruskan kode itu; gangguan \
                 gateway sendiri dijawab 33 atau HTTP 5xx.",
            "The biller's system is under maintenance. This gateway only passes the code on; its own \
                 errors are answered with 33 or HTTP 5xx.",
        ),
        PageNotFound => (
            "Tidak ada alamat seperti itu, atau metodenya lain (HTTP 404 atau 405).",
            "This address does not exist, or not for this method (HTTP 404 or 405).",
        ),
        AccountSuspended => ("Akun Anda sedang ditangguhkan.", "Your account is suspended."),
        UndefinedResponseCode => (
            "Biller menjawab kode yang tidak dikenal, jadi hasilnya belum pasti.",
            "The biller answered with an unknown code, so the outcome is unknown.",
        ),
    }
}
