//! The names of columns, and what a column with such a name holds.

use crate::statement::ReferenceKind;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Date,
    Time,
    Text,
    Money(MoneyColumn),
    Mark,
    Reference(ReferenceKind),
    Account,
    Currency,
}

impl Role {
    /// What a column with this name holds, normalised as by
    /// [`normalised_name`](crate::layout::normalised_name); `None` if that is not needed.
    pub(crate) fn of(name: &str) -> Option<Role> {
        ALIASES.iter().find(|(names, _)| names.contains(&name)).map(|(_, role)| *role)
    }
}

/// A column with money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MoneyColumn {
    Amount,
    Debit,
    Credit,
    Balance,
    BalanceBefore,
}

impl MoneyColumn {
    pub(crate) const COUNT: usize = 5;
    pub(crate) const ALL: [MoneyColumn; MoneyColumn::COUNT] = [
        MoneyColumn::Amount,
        MoneyColumn::Debit,
        MoneyColumn::Credit,
        MoneyColumn::Balance,
        MoneyColumn::BalanceBefore,
    ];
}

/// The normalised names that occur, by what the column holds. Other columns are ignored.
const ALIASES: &[(&[&str], Role)] = &[
    (
        &[
            "tanggal",
            "tgl",
            "date",
            "post date",
            "posting date",
            "postdate",
            "transaction date",
            "tanggal transaksi",
            "tanggal transaksi dd mm yy",
            "tgl transaksi",
            "tgl tran",
            "tgl txn",
            "trx date",
            "txn date",
            "tanggal posting",
            "booking date",
            "waktu transaksi",
            "tanggal waktu",
            "date time",
            "waktu",
        ],
        Role::Date,
    ),
    (&["jam", "jam tran", "jam transaksi", "trx time", "time", "transaction time"], Role::Time),
    (
        &[
            "keterangan",
            "keterangan transaksi",
            "uraian",
            "uraian transaksi",
            "deskripsi",
            "deskripsi transaksi",
            "rincian",
            "rincian transaksi",
            "remark",
            "remarks",
            "description",
            "transaction description",
            "transaction desc",
            "transaction details",
            "details",
            "detail",
            "narrative",
            "additionaldesc",
            "additional desc",
            "desk tran",
            "remark custom",
            "remark1",
            "remark2",
            "remark3",
            "remark4",
            "remark5",
            "remark6",
            "berita",
            "catatan",
            "notes",
            "note",
            "sumber tujuan",
            "source destination",
            "jenis transaksi",
        ],
        Role::Text,
    ),
    (
        &["jumlah", "mutasi", "nominal", "amount", "transaction amount", "nominal transaksi"],
        Role::Money(MoneyColumn::Amount),
    ),
    (
        &[
            "debit",
            "debet",
            "debit amount",
            "mutasi debet",
            "mutasi debit",
            "withdrawals",
            "withdrawal",
        ],
        Role::Money(MoneyColumn::Debit),
    ),
    (
        &["kredit", "credit", "credit amount", "mutasi kredit", "deposits", "deposit"],
        Role::Money(MoneyColumn::Credit),
    ),
    (
        &[
            "saldo",
            "balance",
            "close balance",
            "closing balance",
            "running balance",
            "saldo akhir mutasi",
            "saldo akhir",
        ],
        Role::Money(MoneyColumn::Balance),
    ),
    (&["saldo awal mutasi"], Role::Money(MoneyColumn::BalanceBefore)),
    (
        &[
            "tipe",
            "type",
            "tipe db cr",
            "db cr",
            "cr db",
            "d k",
            "dk",
            "d c",
            "debit kredit",
            "glsign",
        ],
        Role::Mark,
    ),
    (&["seq"], Role::Reference(ReferenceKind::Sequence)),
    (&["journal no", "journal", "no jurnal"], Role::Reference(ReferenceKind::Journal)),
    (&["ft number", "trxid", "trx id"], Role::Reference(ReferenceKind::Transfer)),
    (
        &[
            "reference no",
            "no referensi",
            "ref no",
            "no ref cek",
            "transaction ref no",
            "reference number",
            "no ref",
        ],
        Role::Reference(ReferenceKind::Other),
    ),
    (
        &[
            "account no",
            "accountno",
            "account",
            "account number",
            "norek",
            "no rekening",
            "nomor rekening",
        ],
        Role::Account,
    ),
    (&["ccy", "currency", "mata uang"], Role::Currency),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_normalised_and_has_one_meaning() {
        let names: Vec<&str> =
            ALIASES.iter().flat_map(|(names, _)| names.iter().copied()).collect();
        for (index, name) in names.iter().enumerate() {
            assert_eq!(crate::layout::normalised_name(name), **name);
            assert!(!names[..index].contains(name), "{name}");
        }
        assert_eq!(Role::of("saldo"), Some(Role::Money(MoneyColumn::Balance)));
        assert_eq!(Role::of("cabang"), None);
    }
}
