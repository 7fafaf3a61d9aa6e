//! What each response code means, on whose side the cause is, and what to do.

use iak_protocol::{Class, ResponseCode};

use crate::commands::Text;
use crate::visitor::Lang;

use ResponseCode::*;
use Side::*;

/// On whose side the cause of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Nobody,
    /// Whoever wrote the client.
    Client,
    /// Whoever owes the bill: a number, a bill, an amount.
    Customer,
    Biller,
    Gateway,
}

impl Side {
    pub(crate) const fn name(self, lang: Lang) -> &'static str {
        match self {
            Nobody => lang.say("tidak ada", "nobody"),
            Client => lang.say("program Anda", "your program"),
            Customer => lang.say("pelanggan atau tagihannya", "the customer or the bill"),
            Biller => lang.say("biller", "the biller"),
            Gateway => lang.say("gateway ini", "this gateway"),
        }
    }
}

/// What a page tells about a code.
pub(crate) struct Advice {
    pub(crate) side: Side,
    means: Text,
    todo: Text,
}

impl Advice {
    pub(crate) const fn means(&self, lang: Lang) -> &'static str {
        lang.say(self.means.0, self.means.1)
    }

    pub(crate) const fn todo(&self, lang: Lang) -> &'static str {
        lang.say(self.todo.0, self.todo.1)
    }
}

/// How final a code is, in a sentence.
pub(crate) const fn finality(class: Class, lang: Lang) -> &'static str {
    match class {
        Class::Success => lang.say("Selesai.", "It is done."),
        Class::Failed => lang.say(
            "Pasti tidak jadi. Deposit tidak berkurang.",
            "It is definitely not done. The deposit is as before.",
        ),
        Class::Pending => lang.say(
            "Belum pasti. Perlakukan sebagai sedang diproses sampai cek status memberi respons akhir.",
            "Not known yet. Treat it as in process until check status gives a final answer.",
        ),
    }
}

/// The name of a class, which is that of its colour too.
pub(crate) const fn class_name(class: Class) -> &'static str {
    match class {
        Class::Success => "success",
        Class::Failed => "failed",
        Class::Pending => "pending",
    }
}

/// The class in words.
pub(crate) const fn class_word(class: Class, lang: Lang) -> &'static str {
    match class {
        Class::Success => lang.say("berhasil", "success"),
        Class::Failed => lang.say("gagal", "failed"),
        Class::Pending => lang.say("belum pasti", "pending"),
    }
}

const fn advice(side: Side, means: Text, todo: Text) -> Advice {
    Advice { side, means, todo }
}

const ASK_AGAIN: Text =
    ("Coba cek tagihan lagi nanti dengan ref_id baru.", "Inquire again later, under a new ref_id.");
const CHECK_NUMBER: Text = (
    "Minta pelanggan memeriksa nomornya, lalu cek tagihan lagi dengan ref_id baru.",
    "Have the customer check the number, then inquire again under a new ref_id.",
);
const AT_THE_COUNTER: Text = (
    "Arahkan pelanggan ke loket biller. Lewat API tagihan ini tidak bisa dibayar.",
    "Send the customer to the biller's counter. This bill cannot be paid over the API.",
);
const ASK_THE_OPERATOR: Text = (
    "Hubungi operator gateway ini dan sebutkan waktu serta ref_id.",
    "Write to the operator of this gateway, with the time and the ref_id.",
);
const ASK_FOR_STATUS: Text = (
    "Tanyakan dengan checkstatus sampai responsnya 00 atau gagal, atau tunggu callback. Jangan bayar \
     dengan ref_id baru: pelanggan bisa membayar dua kali.",
    "Ask with checkstatus until it answers 00 or a failure, or wait for the callback. Do not pay under a \
     new ref_id: the customer might pay twice.",
);
const NOTHING_OWED: Text = (
    "Beri tahu pelanggan bahwa tagihannya sudah lunas. Jangan menagihnya lagi.",
    "Tell the customer that the bill is paid. Charge nothing more.",
);
const PAY_AGAIN_LATER: Text = (
    "Deposit sudah kembali. Bila pelanggan masih mau, mulai lagi dari cek tagihan dengan ref_id baru.",
    "The deposit is back. If the customer still wants to pay, start with an inquiry under a new ref_id.",
);

/// What is to be told about a code.
pub(crate) const fn about(code: ResponseCode) -> Advice {
    match code {
        Success => advice(
            Nobody,
            (
                "Tagihan ditemukan, atau pembayaran berhasil. message menyebut yang mana.",
                "The bill was found, or the payment succeeded. The message tells which.",
            ),
            (
                "Setelah cek tagihan, bayar dengan tr_id pada hari yang sama. Setelah pembayaran, simpan \
                 noref dan beri pelanggan struknya.",
                "After an inquiry, pay with the tr_id on the same day. After a payment, keep the noref \
                 and give the customer the receipt.",
            ),
        ),
        InvoicePaid => advice(
            Customer,
            (
                "Tagihan ini sudah dibayar. Bila tr_id ini sudah Anda bayar, responsnya memuat data \
                 pembayaran itu; tidak ada debit kedua.",
                "This bill has been paid. If you paid this tr_id before, the answer holds that payment; \
                 there is no second debit.",
            ),
            NOTHING_OWED,
        ),
        BillUnpaid => advice(
            Client,
            (
                "Struk diminta untuk transaksi yang belum dibayar.",
                "A receipt was asked for of a transaction that is not paid.",
            ),
            (
                "Unduh struk hanya setelah pembayaran menjawab 00.",
                "Download the receipt only after the payment answered 00.",
            ),
        ),
        InvalidRefId => advice(
            Client,
            (
                "ref_id kosong, lebih dari 64 karakter, memuat karakter lain, atau berbunyi cs atau pl.",
                "The ref_id is empty, longer than 64 characters, holds other characters, or reads cs or \
                 pl.",
            ),
            (
                "Pakai 1 sampai 64 huruf, angka, dan - _ . : /, misalnya UUID.",
                "Use 1 to 64 letters, digits and - _ . : /, such as a UUID.",
            ),
        ),
        BillingIdExpired => advice(
            Client,
            (
                "Cek tagihannya bukan hari ini (waktu Jakarta), jadi jumlahnya mungkin sudah berubah.",
                "The inquiry was not made today (Jakarta time), so the amount may have changed.",
            ),
            (
                "Cek tagihan lagi dengan ref_id baru, lalu bayar tr_id yang baru pada hari itu juga.",
                "Inquire again under a new ref_id, and pay the new tr_id on the same day.",
            ),
        ),
        UndefinedError => advice(
            Biller,
            (
                "Biller menjawab kesalahan yang tidak dikenal.",
                "The biller answered an unknown error.",
            ),
            ASK_FOR_STATUS,
        ),
        InquiryNotFound => advice(
            Client,
            (
                "Tidak ada transaksi Anda dengan tr_id atau ref_id ini. Cek tagihan yang gagal tidak \
                 dicatat.",
                "You have no transaction of this tr_id or ref_id. An inquiry that failed is not \
                 recorded.",
            ),
            (
                "Kirim tr_id dari cek tagihan yang dijawab 00, dengan username yang sama.",
                "Send the tr_id of an inquiry that was answered 00, under the same username.",
            ),
        ),
        TransactionFailed => advice(
            Biller,
            ("Biller menolak transaksi ini.", "The biller refused the transaction."),
            PAY_AGAIN_LATER,
        ),
        BillingIdBlocked => advice(
            Customer,
            ("Nomor tagihan ini diblokir biller.", "The biller has blocked this billing number."),
            AT_THE_COUNTER,
        ),
        InquiryFailed => advice(
            Customer,
            (
                "Biller tidak dapat menjawab cek tagihan ini.",
                "The biller could not answer this inquiry.",
            ),
            CHECK_NUMBER,
        ),
        BillNotAvailable => advice(
            Customer,
            ("Belum ada tagihan untuk periode ini.", "There is no bill for this period yet."),
            (
                "Beri tahu pelanggan bahwa tagihannya belum terbit, dan coba lagi setelah terbit.",
                "Tell the customer that the bill is not out yet, and try again once it is.",
            ),
        ),
        DuplicateRefId => advice(
            Client,
            (
                "ref_id ini sudah pernah Anda pakai. Request kedua tidak mengubah apa pun.",
                "You have used this ref_id before. The second request changed nothing.",
            ),
            (
                "Untuk tagihan lain buat ref_id baru. Bila respons pertama hilang, tanyakan dengan \
                 checkstatus.",
                "Make a new ref_id for another bill. If the first answer was lost, ask with checkstatus.",
            ),
        ),
        CustomerBlocked => advice(
            Customer,
            ("Nomor pelanggan ini diblokir.", "This customer's number is blocked."),
            AT_THE_COUNTER,
        ),
        IncorrectDestination => advice(
            Customer,
            (
                "Biller tidak mengenal nomor pelanggan ini.",
                "The biller does not know this customer's number.",
            ),
            CHECK_NUMBER,
        ),
        NumberNotSupported => advice(
            Customer,
            ("Nomor ini tidak dilayani produk ini.", "This product does not serve this number."),
            (
                "Periksa nomornya, dan apakah produk lain yang dimaksud.",
                "Check the number, and whether another product is meant.",
            ),
        ),
        OperatorMismatch => advice(
            Customer,
            ("Nomor ini milik operator lain.", "This number belongs to another operator."),
            (
                "Pilih kode produk dari operator nomor itu.",
                "Choose the product code of that number's operator.",
            ),
        ),
        BalanceNotEnough => advice(
            Client,
            (
                "Saldo deposit Anda sendiri di gateway ini, setelah dikurangi batas saldo minimumnya, \
                 kurang dari selling_price. Tidak ada yang dibayar.",
                "Your own deposit at this gateway, less the limit that it must not fall below, is less \
                 than the selling_price. Nothing was paid.",
            ),
            (
                "Isi deposit, lalu kirim lagi pembayaran yang sama.",
                "Top up the deposit, then send the same payment again.",
            ),
        ),
        ProductUnregistered => advice(
            Client,
            ("Kode produk ini tidak ada.", "There is no product of this code."),
            (
                "Ambil kodenya dari pricelist-pasca; huruf besar dan kecil dibedakan.",
                "Take the code from pricelist-pasca; capitals count.",
            ),
        ),
        PayAtCounter => advice(
            Customer,
            (
                "Tagihan ini hanya dapat dibayar di loket biller atau PDAM.",
                "This bill can only be paid at the counter of the biller or water company.",
            ),
            AT_THE_COUNTER,
        ),
        TotalBillExceeded => advice(
            Customer,
            ("Jumlah tagihan melebihi batas.", "The total of the bill is above the limit."),
            AT_THE_COUNTER,
        ),
        PayAllPeriods => advice(
            Customer,
            (
                "Semua periode yang menunggak harus dibayar sekaligus.",
                "All periods in arrears have to be paid together.",
            ),
            ("Cek tagihan lagi untuk semua periode.", "Inquire again for all periods."),
        ),
        TryAgainLater => advice(
            Gateway,
            (
                "Salah satu dari tiga hal. HTTP 200: pembayaran lain untuk tagihan yang sama masih \
                 diproses. HTTP 429: request terlalu sering. HTTP 503: gateway sedang penuh, atau \
                 untuk sementara tidak dapat mencatat apa pun. Request ini tidak dicatat.",
                "One of three things. HTTP 200: another payment of the same bill is still in process. \
                 HTTP 429: requests come too often. HTTP 503: the gateway is busy, or can record nothing \
                 for the moment. This request was not recorded.",
            ),
            (
                "HTTP 200: tunggu sampai pembayaran yang lain selesai; bila gagal, kirim lagi request yang \
                 sama. HTTP 429 atau 503: tunggu selama yang disebut header Retry-After, lalu kirim lagi \
                 request yang sama.",
                "HTTP 200: wait for the end of the other payment; if it failed, send the same request. HTTP \
                 429 or 503: wait as long as the Retry-After header says, then send the same request.",
            ),
        ),
        BillPaid => advice(
            Customer,
            ("Tagihan ini sudah dibayar di tempat lain.", "This bill has been paid elsewhere."),
            NOTHING_OWED,
        ),
        AnotherArrear => advice(
            Customer,
            (
                "Ada tunggakan lain yang harus dibayar lebih dulu.",
                "Another arrear has to be paid first.",
            ),
            ("Bayar tunggakan yang lebih lama dulu.", "Pay the older arrear first."),
        ),
        DueDateExceeded => advice(
            Customer,
            ("Tagihan ini lewat jatuh tempo.", "This bill is past its due date."),
            AT_THE_COUNTER,
        ),
        PaymentFailed => advice(
            Biller,
            (
                "Pembayaran pasti gagal dan deposit sudah kembali utuh.",
                "The payment has definitely failed, and the whole deposit is back.",
            ),
            PAY_AGAIN_LATER,
        ),
        RequestAgain => advice(
            Biller,
            ("Pembayaran gagal sebelum diproses.", "The payment failed before it was processed."),
            PAY_AGAIN_LATER,
        ),
        Pending => advice(
            Biller,
            (
                "Hasil pembayaran belum diketahui. Deposit ditahan sampai biller memberi kepastian.",
                "The outcome of the payment is not known yet. The deposit is held until the biller \
                 tells.",
            ),
            ASK_FOR_STATUS,
        ),
        ArrearPaid => advice(
            Customer,
            (
                "Sebagian atau semua tunggakan sudah dibayar setelah cek tagihan.",
                "Some or all of the arrears have been paid since the inquiry.",
            ),
            ASK_AGAIN,
        ),
        PayAtCompany => advice(
            Customer,
            (
                "Tagihan ini hanya dapat dibayar langsung ke perusahaannya.",
                "This bill can only be paid to the company itself.",
            ),
            AT_THE_COUNTER,
        ),
        PaymentNotReceived => advice(
            Client,
            (
                "ref_id ini sudah dicek tagihannya, tetapi pembayarannya belum pernah diterima.",
                "There was an inquiry under this ref_id, but no payment of it has arrived.",
            ),
            (
                "Bila pelanggan sudah membayar Anda, kirim pay-pasca dengan tr_id itu; pada hari lain \
                 mulai dari cek tagihan.",
                "If the customer has paid you, send pay-pasca with that tr_id; on another day, begin \
                 with an inquiry.",
            ),
        ),
        DatabaseError => advice(
            Gateway,
            ("Basis data tidak terjangkau.", "A database could not be reached."),
            ASK_THE_OPERATOR,
        ),
        GeneralError => advice(
            Gateway,
            ("Terjadi kesalahan di dalam gateway.", "Something went wrong inside the gateway."),
            ASK_THE_OPERATOR,
        ),
        InvalidAmount => advice(
            Client,
            (
                "desc.amount atau month bukan jumlah yang berlaku.",
                "desc.amount or month is no valid amount.",
            ),
            (
                "Kirim rupiah bulat di atas nol, atau 1 sampai 12 bulan.",
                "Send whole rupiah above zero, or 1 to 12 months.",
            ),
        ),
        ServiceExpired => advice(
            Customer,
            ("Masa layanan pelanggan sudah berakhir.", "The customer's service has ended."),
            AT_THE_COUNTER,
        ),
        InvalidSignature => advice(
            Client,
            (
                "sign tidak cocok, atau username tidak dikenal; responsnya sengaja sama.",
                "The sign does not fit, or the username is unknown; the answer is the same on purpose.",
            ),
            (
                "Hitung md5 dari username + API key + akhiran tanpa pemisah dan tanpa baris baru, dari \
                 nilai yang persis Anda kirim. Bila responsnya memuat hint, di sana tertulis kesalahannya.",
                "Take the md5 of username + API key + the last part, without separators and line feeds, \
                 of the very values that you send. If the answer has a hint, that names the mistake.",
            ),
        ),
        InvalidCommand => advice(
            Client,
            (
                "Nilai commands bukan salah satu dari keempat command.",
                "The value of commands is none of the four commands.",
            ),
            (
                "Pakai inq-pasca, pay-pasca, checkstatus, atau pricelist-pasca.",
                "Use inq-pasca, pay-pasca, checkstatus or pricelist-pasca.",
            ),
        ),
        InvalidIpAddress => advice(
            Client,
            (
                "Alamat IP ini tidak ada dalam daftar yang diizinkan untuk Anda.",
                "This IP address is not on your allow-list.",
            ),
            (
                "Kirim dari server Anda, atau minta operator menambahkan alamatnya.",
                "Send from your server, or have the operator add the address.",
            ),
        ),
        Timeout => advice(
            Biller,
            (
                "Biller tidak menjawab cek tagihan pada waktunya. Tidak ada yang dicatat.",
                "The biller did not answer the inquiry in time. Nothing was recorded.",
            ),
            ASK_AGAIN,
        ),
        BillerError => advice(
            Biller,
            (
                "Sistem biller mengalami gangguan dan pembayaran pasti tidak jadi.",
                "The biller's system has a fault, and the payment was definitely not made.",
            ),
            PAY_AGAIN_LATER,
        ),
        ProductOutOfService => advice(
            Gateway,
            (
                "Produk ini sedang tidak dijual (status 4 di pricelist-pasca), atau di gateway ini belum \
                 ada biller yang terhubung untuk produk ini (status 1).",
                "This product is not on sale at present (status 4 in pricelist-pasca), or no biller is \
                 connected for it at this gateway yet (status 1).",
            ),
            (
                "Bila statusnya 4, sembunyikan produk ini sampai statusnya 1 lagi. Bila statusnya 1, \
                 hubungi operator gateway ini.",
                "With status 4, hide the product until it is 1 again. With status 1, write to the operator \
                 of this gateway.",
            ),
        ),
        FormatError => advice(
            Client,
            (
                "Body tidak dapat dibaca, atau ada field yang kurang atau formatnya salah \
                 (HTTP 400). Berlaku untuk JSON maupun XML.",
                "The body cannot be read, or fields are missing or of the wrong shape (HTTP 400). It \
                 stands for JSON as well as XML.",
            ),
            (
                "Baca error_details: setiap field yang salah disebut dengan alasannya.",
                "Read error_details: it names each field with what is wrong.",
            ),
        ),
        IdNotAllowed => advice(
            Client,
            (
                "ID Anda tidak boleh dipakai untuk produk ini.",
                "Your ID may not be used for this product.",
            ),
            ASK_THE_OPERATOR,
        ),
        CutOff => advice(
            Biller,
            (
                "Di luar jam layanan produk. PLN tutup pukul 23.00 sampai 01.00 waktu Jakarta.",
                "Outside the product's hours. PLN is closed from 23:00 to 01:00 in Jakarta.",
            ),
            (
                "Kirim lagi setelah jam layanan dibuka. Lewat tengah malam, mulai dari cek tagihan.",
                "Send it again within the hours. After midnight, begin with an inquiry.",
            ),
        ),
        Maintenance => advice(
            Biller,
            (
                "Sistem biller sedang dalam perawatan. Gateway ini hanya meneruskan kode itu; gangguan \
                 gateway sendiri dijawab 33 atau HTTP 5xx.",
                "The biller's system is under maintenance. This gateway only passes the code on; its own \
                 trouble is answered 33 or HTTP 5xx.",
            ),
            ASK_AGAIN,
        ),
        PageNotFound => advice(
            Client,
            (
                "Tidak ada alamat seperti itu, atau metodenya lain (HTTP 404 atau 405).",
                "There is no such address, or not with this method (HTTP 404 or 405).",
            ),
            ("Kirim POST ke /api/v1/bill/check.", "Send a POST to /api/v1/bill/check."),
        ),
        AccountSuspended => advice(
            Client,
            ("Akun Anda sedang ditangguhkan.", "Your account is suspended."),
            ASK_THE_OPERATOR,
        ),
        UndefinedResponseCode => advice(
            Biller,
            (
                "Biller menjawab kode yang tidak dikenal, jadi hasilnya belum pasti.",
                "The biller answered an unknown code, so the outcome is not known.",
            ),
            ASK_FOR_STATUS,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a code's page says of the causes is what lunas answers it for.
    #[test]
    fn every_cause_of_a_code_is_told() {
        for (code, side, parts) in [
            (ProductOutOfService, Gateway, &["not on sale", "no biller is connected"][..]),
            (BalanceNotEnough, Client, &["Your own deposit at this gateway", "limit"]),
            (
                TryAgainLater,
                Gateway,
                &["HTTP 200: another payment", "HTTP 429: requests", "HTTP 503: the gateway"],
            ),
            (Maintenance, Biller, &["The biller's system", "only passes the code on"]),
        ] {
            let advice = about(code);
            assert_eq!(advice.side, side, "{code}");
            for part in parts {
                assert!(advice.means(Lang::En).contains(part), "{code}: {part}");
            }
        }
        assert!(about(ProductOutOfService).means(Lang::Id).contains("belum ada biller"));
    }

    #[test]
    fn whoever_may_have_paid_is_told_to_ask_and_nobody_to_pay_again() {
        for code in ResponseCode::ALL.iter().copied() {
            let asks = about(code).todo.1.contains("checkstatus until");
            assert_eq!(asks, code.class() == Class::Pending, "{code}");
        }
    }
}
