//! What holds for every input.

use std::fmt::Write as _;

use bank_statements::{
    AmountColumns, ColumnMapping, DateOrder, Delimiter, Direction, Order, RowKey, Settings,
    new_rows, read,
};
use jiff::civil::date;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::{files, read_text, sample, settings};

/// A row of a file to be written: days after 2026-09-01, cents, direction, text.
type Plan = (i64, i64, bool, String);

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let text = "[A-Z0-9/ ,;.|é\"]{0,30}[A-Z]";
    vec((0..30_i64, 1..10_000_000_000_i64, any::<bool>(), text), 1..30).prop_map(|mut plans| {
        plans.sort_by_key(|plan| plan.0);
        plans
    })
}

fn english(cents: i64) -> String {
    let whole = cents.abs() / 100;
    let mut grouped = String::new();
    for (index, digit) in whole.to_string().chars().rev().enumerate() {
        if index > 0 && index % 3 == 0 {
            grouped.insert(0, ',');
        }
        grouped.insert(0, digit);
    }
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{grouped}.{:02}", cents.abs() % 100)
}

fn indonesian(cents: i64) -> String {
    let swap = |c| match c {
        ',' => '.',
        '.' => ',',
        other => other,
    };
    english(cents).chars().map(swap).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn day(plan: &Plan) -> jiff::civil::Date {
    date(2026, 9, 1).checked_add(jiff::Span::new().days(plan.0)).unwrap()
}

/// A file of BCA with all balances and totals.
fn bca(plans: &[Plan], opening: i64) -> String {
    let mut text = String::from(
        "\"Informasi Rekening - Mutasi Rekening\"\r\n\"No. rekening : 0000000001\"\r\n\"Periode : \
         01/09/2026 - 30/09/2026\"\r\n\"Kode Mata Uang : Rp\"\r\n\r\n\"Tanggal Transaksi\",\
         \"Keterangan\",\"Cabang\",\"Jumlah\",\"Saldo\"\r\n",
    );
    let (mut balance, mut sums, mut counts) = (opening, [0; 2], [0; 2]);
    for plan in plans {
        let (_, cents, is_credit, description) = plan;
        balance += if *is_credit { *cents } else { -cents };
        sums[usize::from(*is_credit)] += cents;
        counts[usize::from(*is_credit)] += 1;
        let (date, mark) = (day(plan).strftime("%d/%m/%Y"), if *is_credit { "CR" } else { "DB" });
        let (description, amount) = (quoted(description), english(*cents));
        let balance = english(balance);
        write!(text, "\"{date}\",{description},\"0000\",\"{amount} {mark}\",\"{balance}\"\r\n")
            .unwrap();
    }
    let [debits, credits] = sums.map(english);
    let [debit_rows, credit_rows] = counts;
    let (opening, closing) = (english(opening), english(balance));
    write!(
        text,
        "\r\n\"Saldo Awal : {opening}\"\r\n\"Mutasi Debet : {debits}\",\"{debit_rows}\"\r\n\"Mutasi \
         Kredit : {credits}\",\"{credit_rows}\"\r\n\"Saldo Akhir : {closing}\"\r\n"
    )
    .unwrap();
    text
}

/// A file with Indonesian numbers and two columns of amounts.
fn separate(plans: &[Plan], opening: i64, delimiter: char, order: Order) -> String {
    let header = "Tanggal|Uraian Transaksi|Debet|Kredit|Saldo".replace('|', &delimiter.to_string());
    let mut balance = opening;
    let mut lines: Vec<String> = Vec::new();
    for plan in plans {
        let (_, cents, is_credit, description) = plan;
        balance += if *is_credit { *cents } else { -cents };
        let (debit, credit) = if *is_credit { (0, *cents) } else { (*cents, 0) };
        let date = day(plan).strftime("%d/%m/%y").to_string();
        let cells = [indonesian(debit), indonesian(credit), indonesian(balance)];
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        lines.push(
            [&[date, quoted(description)], cells.as_slice()].concat().join(&delimiter.to_string()),
        );
    }
    if order == Order::NewestFirst {
        lines.reverse();
    }
    format!("{header}\n{}\n", lines.join("\n"))
}

fn samples() -> Vec<Vec<u8>> {
    let names = std::fs::read_dir(files()).unwrap();
    names.map(|entry| sample(entry.unwrap().file_name().to_str().unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..400)) {
        let _result = read(&bytes, &settings());
    }

    #[test]
    fn no_lines_panic(
        lines in vec("[-0-9A-Za-z.,;:'\"=/ \\t|éRp#+<>{}]{0,60}", 0..12),
        header in prop_oneof![
            Just("Tanggal,Keterangan,Cabang,Jumlah,,Saldo"),
            Just("Tanggal;Keterangan;Debet;Kredit;Saldo"),
            Just(":20:A\n:25:1000001\n:60F:C260901IDR1,00"),
            Just("<table><tr><td>Tanggal<td>Uraian<td>Jumlah"),
            Just("<Document><BkToCstmrStmt><Stmt>"),
        ],
    ) {
        let _result = read_text(&format!("{header}\n{}", lines.join("\n")));
    }

    #[test]
    fn no_change_of_a_sample_panics(
        which in any::<Index>(),
        changes in vec((any::<Index>(), any::<u8>()), 1..6),
    ) {
        let samples = samples();
        let mut bytes = which.get(&samples).clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _result = read(&bytes, &settings());
    }

    #[test]
    fn no_mapping_panics(
        columns in vec(prop_oneof![0..6_usize, Just(usize::MAX)], 6),
        header in vec("[a-c]?", 0..6),
        text in "([a-c0-9/]{0,12};?\n?){0,20}",
    ) {
        let amounts = [
            AmountColumns::Single(columns[0]),
            AmountColumns::Marked { amount: columns[0], mark: columns[1] },
            AmountColumns::Separate { debit: columns[0], credit: columns[1] },
        ][columns[0] % 3];
        let mapping = ColumnMapping {
            delimiter: Delimiter::Semicolon,
            header,
            date: columns[2],
            date_order: DateOrder::DayFirst,
            time: Some(columns[1]),
            texts: columns[3..].to_vec(),
            amounts,
            balance: Some(columns[5]),
            reference: Some(columns[4]),
            decimal: None,
        };
        let settings = Settings { mapping: Some(mapping), ..settings() };
        let _result = read(format!("1/9/2026;a;1;2;3;4\n{text}").as_bytes(), &settings);
    }

    #[test]
    fn a_written_file_is_read_back(plans in plans(), opening in 0..1_000_000_000_i64) {
        let statement = read_text(&bca(&plans, opening)).unwrap();
        prop_assert_eq!(statement.opening_balance, Some(opening));
        prop_assert_eq!(statement.rows.len(), plans.len());
        prop_assert_eq!(&statement.notes, &[]);
        for (row, plan) in statement.rows.iter().zip(&plans) {
            let direction = if plan.2 { Direction::Credit } else { Direction::Debit };
            prop_assert_eq!((row.date, row.direction, row.amount), (Some(day(plan)), direction, plan.1));
            prop_assert_eq!(&row.text, &plan.3);
            prop_assert!(row.confirmed_by_balance);
        }
    }

    #[test]
    fn numbers_delimiters_and_order_do_not_matter(
        plans in plans(),
        delimiter in prop_oneof![Just(','), Just(';'), Just('\t'), Just('|')],
        order in prop_oneof![Just(Order::OldestFirst), Just(Order::NewestFirst)],
    ) {
        let statement = read_text(&separate(&plans, 0, delimiter, order)).unwrap();
        let read: Vec<_> = statement.rows.iter().map(|row| (row.signed_amount(), &row.text)).collect();
        let mut written: Vec<_> =
            plans.iter().map(|plan| (if plan.2 { plan.1 } else { -plan.1 }, &plan.3)).collect();
        if order == Order::NewestFirst {
            written.reverse();
        }
        prop_assert_eq!(read, written);
    }

    /// The part of a file that arrived is refused, or its rows are those of the whole file. Without
    /// balances and totals the last amount can be a part of the real one; then a note says so.
    #[test]
    fn a_file_that_was_cut_off_has_no_wrong_rows(which in any::<Index>(), at in any::<Index>()) {
        let samples = samples();
        let bytes = which.get(&samples);
        let whole = read(bytes, &settings()).unwrap();
        let Ok(part) = read(&bytes[..at.index(bytes.len())], &settings()) else { return Ok(()) };
        let is_open = |line| part.notes.contains(&bank_statements::Note::LineEndMissing { line });
        for (row, expected) in part.rows.iter().zip(&whole.rows) {
            if !is_open(row.line) {
                prop_assert_eq!((row.signed_amount(), row.date), (expected.signed_amount(), expected.date));
            }
        }
        prop_assert!(part.rows.len() <= whole.rows.len());
    }

    /// Whatever single character of a file changes, an amount that balances confirm is the right one.
    #[test]
    fn a_confirmed_amount_is_right(
        which in any::<Index>(),
        at in any::<Index>(),
        with in prop::sample::select(vec!["", "0", "9", ",", ".", "-", " ", "\"", "\n"]),
    ) {
        let samples = samples();
        let bytes = which.get(&samples);
        let whole = read(bytes, &settings()).unwrap();
        let mut changed = bytes.clone();
        let at = at.index(bytes.len());
        changed.splice(at..=at, with.bytes());
        let Ok(statement) = read(&changed, &settings()) else { return Ok(()) };
        for row in statement.rows.iter().filter(|row| row.confirmed_by_balance) {
            let is_right = whole.rows.iter().any(|other| {
                other.signed_amount() == row.signed_amount()
                    && (row.balance_after.is_none() || other.balance_after == row.balance_after)
            });
            prop_assert!(is_right, "{:?} at {} with {:?}: {:?}", whole.layout, at, with, row);
        }
    }

    /// The totals and the closing balance of a file are needed for all of it.
    #[test]
    fn a_row_that_was_changed_is_noticed(
        plans in plans(),
        which in any::<Index>(),
        cents in 1..1_000_000_000_i64,
    ) {
        let mut changed = plans.clone();
        let row = which.index(plans.len());
        changed[row].1 += cents;
        let original = bca(&plans, 0);
        let lines: Vec<&str> = original.split_inclusive('\n').collect();
        let other = bca(&changed, 0);
        let other: Vec<&str> = other.split_inclusive('\n').collect();
        let mixed: String = (0..lines.len())
            .map(|line| if line == row + 6 { other[line] } else { lines[line] })
            .collect();
        prop_assert!(read_text(&mixed).is_err());
    }

    /// However the files of an account overlap, each of its rows is stored once.
    #[test]
    fn overlapping_files_store_each_row_once(
        plans in vec((0..4_i64, 1..4_i64, any::<bool>(), "[AB]"), 1..40),
        cuts in vec((0..4_i64, 0..4_i64), 1..6),
        has_balance in any::<bool>(),
    ) {
        let mut plans = plans;
        plans.sort_by_key(|plan| plan.0);
        let day_of = |plan: &Plan| plan.0;
        let mut stored: Vec<RowKey> = Vec::new();
        let mut seen = [false; 4];
        for (from, to) in cuts {
            let (from, to) = (from.min(to), from.max(to));
            // The balance before the first day of the file.
            let before = plans.iter().filter(|plan| day_of(plan) < from);
            let opening = 1_000 + before.map(|plan| if plan.2 { plan.1 } else { -plan.1 }).sum::<i64>();
            let inside: Vec<Plan> =
                plans.iter().filter(|plan| (from..=to).contains(&day_of(plan))).cloned().collect();
            if inside.is_empty() {
                continue;
            }
            let mut text = separate(&inside, opening, ';', Order::OldestFirst);
            if !has_balance {
                let lines = text.lines().map(|line| line.rsplit_once(';').unwrap().0);
                text = lines.collect::<Vec<_>>().join("\n") + "\n";
            }
            let statement = read_text(&text).unwrap();
            let comparison = new_rows(&stored, "1", &statement);
            prop_assert_eq!(comparison.review.len(), 0);
            let new: Vec<RowKey> =
                comparison.new.iter().filter_map(|row| RowKey::of("1", row)).collect();
            stored.extend(new);
            (from..=to).for_each(|day| seen[usize::try_from(day).unwrap()] = true);
            let expected =
                plans.iter().filter(|plan| seen[usize::try_from(day_of(plan)).unwrap()]).count();
            prop_assert_eq!(stored.len(), expected);
        }
    }
}

#[test]
fn every_prefix_of_every_sample_is_refused_or_read_without_a_panic() {
    let settings = Settings { year: Some(2026), ..Settings::new(date(2027, 1, 15)) };
    for bytes in samples() {
        for end in 0..bytes.len() {
            let _result = read(&bytes[..end], &settings);
        }
    }
}
