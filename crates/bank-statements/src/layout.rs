//! The layouts, and the column names by which the known ones are recognised.

use crate::settings::DateOrder;

/// How a file arranges its content. It does not prove which bank a file is from: one program shows
/// Mandiri's layout as BCA's. That is what the account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// KlikBCA Individual: metadata as `No. Rekening,=,…`.
    BcaIndividual,
    /// KlikBCA Bisnis and myBCA Bisnis, the mark `CR` or `DB` inside of the amount.
    BcaBusiness,
    /// The same with the mark in a column without a name.
    BcaBusinessMarked,
    /// The same without balances.
    BcaBusinessNoBalance,
    /// The column of the amount is called `Mutasi`: BCA's HTML file called `.xls`.
    BcaMutasi,
    /// BCA's tab-separated list "Pratinjau Data".
    BcaPreview,
    /// Mandiri Kopra and MCM, with semicolons.
    MandiriKopra,
    /// Mandiri MCM with commas, without balances.
    MandiriComma,
    /// Mandiri's statement with opening and closing balance.
    MandiriStatement,
    /// Mandiri's corporate sheet.
    MandiriCorporate,
    /// Mandiri Livin'.
    MandiriLivin,
    /// BRI, 19 columns with the balance before and after each row.
    BriFull,
    /// BRI CMS.
    BriCms,
    /// BRI internet banking.
    BriInternetBanking,
    /// BRI QLola and IBBIZ.
    BriQlola,
    /// BNI internet banking, without balances.
    BniInternetBanking,
    /// BNIDirect.
    BniDirect,
    /// BNIDirect's sheet, whose header repeats.
    BniDirectSheet,
    /// BNI mobile, both forms.
    BniMobile,
    /// BSI with `FT Number`.
    Bsi,
    /// BSI's statement with `TrxId`.
    BsiStatement,
    /// Permata, in English or Indonesian.
    Permata,
    /// Permata's statement, without balances.
    PermataStatement,
    /// CIMB OCTO and BizChannel.
    Cimb,
    /// CIMB's sheet.
    CimbSheet,
    /// CIMB's statement of 2024; its dates begin with the month.
    CimbStatement,
    Jago,
    SeaBank,
    Blu,
    Ocbc,
    BankJatim,
    BankDki,
    /// Recognised by names of single columns.
    Generic,
    /// Read by the caller's [`ColumnMapping`](crate::ColumnMapping).
    Mapped,
    Mt940,
    Camt053,
}

impl Layout {
    /// Its name for an operator.
    pub const fn name(self) -> &'static str {
        match self {
            Layout::BcaIndividual => "BCA KlikBCA Individual",
            Layout::BcaBusiness => "BCA KlikBCA Bisnis",
            Layout::BcaBusinessMarked => "BCA KlikBCA Bisnis, marks apart",
            Layout::BcaBusinessNoBalance => "BCA KlikBCA Bisnis without balances",
            Layout::BcaMutasi => "BCA with the column Mutasi",
            Layout::BcaPreview => "BCA Pratinjau Data",
            Layout::MandiriKopra => "Mandiri Kopra",
            Layout::MandiriComma => "Mandiri MCM",
            Layout::MandiriStatement => "Mandiri statement",
            Layout::MandiriCorporate => "Mandiri corporate sheet",
            Layout::MandiriLivin => "Mandiri Livin'",
            Layout::BriFull => "BRI with 19 columns",
            Layout::BriCms => "BRI CMS",
            Layout::BriInternetBanking => "BRI internet banking",
            Layout::BriQlola => "BRI QLola",
            Layout::BniInternetBanking => "BNI internet banking",
            Layout::BniDirect => "BNIDirect",
            Layout::BniDirectSheet => "BNIDirect sheet",
            Layout::BniMobile => "BNI mobile",
            Layout::Bsi => "BSI",
            Layout::BsiStatement => "BSI statement",
            Layout::Permata => "Permata",
            Layout::PermataStatement => "Permata statement",
            Layout::Cimb => "CIMB",
            Layout::CimbSheet => "CIMB sheet",
            Layout::CimbStatement => "CIMB statement",
            Layout::Jago => "Jago",
            Layout::SeaBank => "SeaBank",
            Layout::Blu => "blu",
            Layout::Ocbc => "OCBC",
            Layout::BankJatim => "Bank Jatim",
            Layout::BankDki => "Bank DKI",
            Layout::Generic => "columns recognised one by one",
            Layout::Mapped => "columns as described",
            Layout::Mt940 => "MT940",
            Layout::Camt053 => "camt.053",
        }
    }

    /// The order of the parts of its dates.
    pub(crate) const fn date_order(self) -> DateOrder {
        match self {
            Layout::CimbStatement => DateOrder::MonthFirst,
            _ => DateOrder::DayFirst,
        }
    }

    /// Whether files of this layout end with totals.
    pub(crate) const fn ends_with_totals(self) -> bool {
        matches!(
            self,
            Layout::BcaIndividual
                | Layout::BcaBusiness
                | Layout::BcaBusinessMarked
                | Layout::BcaBusinessNoBalance
                | Layout::MandiriStatement
        )
    }

    /// Columns of text of which the first that is not empty is used, and the others not at all. In
    /// the other layouts all texts are joined.
    pub(crate) const fn text_by_preference(self) -> &'static [&'static str] {
        match self {
            Layout::BriFull => &["remark custom", "desk tran"],
            _ => &[],
        }
    }

    /// The layout with these column names, normalised as by [`normalised_name`].
    pub(crate) fn of_header(names: &[String]) -> Layout {
        let find = |joined: &str| HEADERS.iter().find(|(header, _)| *header == joined);
        // A sheet with merged cells has columns without names between the others.
        let named = || names.iter().filter(|name| !name.is_empty()).cloned().collect::<Vec<_>>();
        let known = find(&names.join(",")).or_else(|| find(&named().join(",")));
        known.map_or(Layout::Generic, |(_, layout)| *layout)
    }
}

/// A column's name in lower case, with one space for whatever is not a letter or a digit.
pub(crate) fn normalised_name(cell: &str) -> String {
    let words = cell.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The headers, without empty names at the end.
const HEADERS: &[(&str, Layout)] = &[
    ("tanggal,keterangan,cabang,jumlah,,saldo", Layout::BcaIndividual),
    ("date,description,branch,amount,,balance", Layout::BcaIndividual),
    ("tanggal transaksi,keterangan,cabang,jumlah,saldo", Layout::BcaBusiness),
    ("tanggal transaksi,keterangan,cabang,jumlah,,saldo", Layout::BcaBusinessMarked),
    ("tanggal transaksi,keterangan,cabang,jumlah", Layout::BcaBusinessNoBalance),
    ("tanggal,keterangan,cabang,mutasi,saldo", Layout::BcaMutasi),
    ("tanggal,keterangan,cabang,mutasi,,saldo", Layout::BcaMutasi),
    ("no,tanggal,keterangan,debit,kredit,saldo", Layout::BcaPreview),
    (
        "accountno,ccy,postdate,remarks,additionaldesc,credit amount,debit amount,close balance",
        Layout::MandiriKopra,
    ),
    (
        "account no,date,val date,transaction code,description,description,reference no,debit,credit",
        Layout::MandiriComma,
    ),
    ("posting date,remark,reference no,debit,credit,balance", Layout::MandiriStatement),
    (
        "tgl,tgl val,rincian transaksi,no referensi,debit,kredit,saldo,branch",
        Layout::MandiriCorporate,
    ),
    ("tanggal,keterangan,nominal,saldo", Layout::MandiriLivin),
    ("no,tanggal,keterangan,nominal,saldo", Layout::MandiriLivin),
    (
        "id,norek,tgl tran,tgl efektif,jam tran,seq,desk tran,saldo awal mutasi,mutasi debet,mutasi \
         kredit,saldo akhir mutasi,glsign,truser,kode tran,kode tran teller,trremk,tlbds1,tlbds2,\
         remark custom",
        Layout::BriFull,
    ),
    ("tgl tran,desk tran,mutasi debet,mutasi kredit,saldo akhir mutasi", Layout::BriCms),
    ("tanggal transaksi,uraian transaksi,teller,debet,kredit,saldo", Layout::BriInternetBanking),
    ("no,tanggal transaksi,uraian transaksi,teller,debet,kredit,saldo", Layout::BriQlola),
    ("no,tanggal transaksi dd mm yy,uraian transaksi,teller,debet,kredit,saldo", Layout::BriQlola),
    ("post date,value date,branch,journal no,description,debit,credit", Layout::BniInternetBanking),
    ("post date,branch,journal no,description,debit,credit,balance", Layout::BniDirect),
    (
        "posting date,effective date,branch,journal,transaction description,amount,db cr,balance",
        Layout::BniDirectSheet,
    ),
    ("tanggal,keterangan,tipe db cr,jumlah,saldo", Layout::BniMobile),
    ("tanggal,keterangan,tipe,jumlah,saldo", Layout::BniMobile),
    ("tanggal transaksi,uraian transaksi,tipe,nominal,saldo", Layout::BniMobile),
    ("tanggal,keterangan,ft number,debet,kredit,saldo", Layout::Bsi),
    ("trxid,tanggal,trx time,d k,mutasi,saldo,keterangan", Layout::BsiStatement),
    ("posting date,eff date,transaction desc,debit,credit,balance", Layout::Permata),
    ("tanggal transaksi,tanggal efektif,deskripsi,debit,kredit,saldo", Layout::Permata),
    (
        "post date,eff date,transaction code,cheque no,ref no,description,debit,credit",
        Layout::PermataStatement,
    ),
    ("tanggal,deskripsi,debit,kredit,saldo", Layout::Cimb),
    ("tgl txn,tgl valuta,deskripsi,no ref cek,debit,kredit,saldo", Layout::CimbSheet),
    (
        "no,post date,eff date,cheque no,description,debit,credit,balance,transaction ref no",
        Layout::CimbStatement,
    ),
    ("tanggal waktu,sumber tujuan,rincian transaksi,catatan,jumlah,saldo", Layout::Jago),
    ("waktu transaksi,jenis transaksi,keterangan,nominal,saldo", Layout::SeaBank),
    ("tanggal,deskripsi,debit kredit,nominal,saldo", Layout::Blu),
    (
        "transaction date,value date,reference no,cheque no,description,debit,credit,balance",
        Layout::Ocbc,
    ),
    (
        "transaction date,value date,reference no,cheque no,description,withdrawals,deposits,balance",
        Layout::Ocbc,
    ),
    ("transaction date,value date,description,withdrawals,deposits,balance", Layout::Ocbc),
    (
        "post date,effective date,account,name,description,currency,debit,credit,balance,reference no",
        Layout::BankJatim,
    ),
    ("tanggal,jam,keterangan,debet,kredit,saldo", Layout::BankDki),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_recognised_whatever_its_case_and_punctuation() {
        let names = |header: &str| header.split(',').map(normalised_name).collect::<Vec<_>>();
        for (header, layout) in [
            ("TANGGAL,Keterangan,Cabang,Jumlah,,Saldo", Layout::BcaIndividual),
            ("Tanggal & Waktu,Sumber/Tujuan,Rincian Transaksi,Catatan,Jumlah,Saldo", Layout::Jago),
            ("TGL_TRAN,DESK_TRAN,MUTASI_DEBET,MUTASI_KREDIT,SALDO_AKHIR_MUTASI", Layout::BriCms),
            ("Tanggal,Keterangan,Tipe (DB/CR),Jumlah,Saldo", Layout::BniMobile),
            ("Tanggal,Uraian,Debet,Kredit", Layout::Generic),
        ] {
            assert_eq!(Layout::of_header(&names(header)), layout, "{header}");
        }
    }

    #[test]
    fn every_known_header_is_written_as_it_is_normalised() {
        for (index, (header, layout)) in HEADERS.iter().enumerate() {
            let normal: Vec<String> = header.split(',').map(normalised_name).collect();
            assert_eq!(normal.join(","), *header, "{layout:?}");
            assert!(HEADERS[..index].iter().all(|(other, _)| other != header), "{header}");
        }
    }
}
