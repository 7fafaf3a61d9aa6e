//! Terbilang: an amount in Indonesian words, so that the figure on a slip is hard to alter.

/// The groups of three digits that an `i64` can have, highest first.
const GROUPS: [(u64, &str); 7] = [
    (1_000_000_000_000_000_000, "Kuintiliun"),
    (1_000_000_000_000_000, "Kuadriliun"),
    (1_000_000_000_000, "Triliun"),
    (1_000_000_000, "Miliar"),
    (1_000_000, "Juta"),
    (1_000, "Ribu"),
    (1, ""),
];

/// 0 to 11; zero is not said inside a number.
const SMALL: [&str; 12] = [
    "", "Satu", "Dua", "Tiga", "Empat", "Lima", "Enam", "Tujuh", "Delapan", "Sembilan", "Sepuluh",
    "Sebelas",
];

/// The amount of whole rupiah in words: 52500 is `Lima Puluh Dua Ribu Lima Ratus Rupiah`.
pub(super) fn terbilang(amount: i64) -> String {
    let mut words = Vec::new();
    if amount < 0 {
        words.push("Minus");
    }
    if amount == 0 {
        words.push("Nol");
    }
    let mut rest = amount.unsigned_abs();
    for (size, name) in GROUPS {
        match (rest / size, name) {
            (0, _) => {}
            // One thousand is "Seribu", but one million is "Satu Juta".
            (1, "Ribu") => words.push("Seribu"),
            (group, name) => {
                below_thousand(group, &mut words);
                words.push(name);
            }
        }
        rest %= size;
    }
    words.push("Rupiah");
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

fn below_thousand(number: u64, words: &mut Vec<&'static str>) {
    let small = |n: u64| SMALL[n as usize];
    match number / 100 {
        0 => {}
        1 => words.push("Seratus"),
        hundreds => words.extend([small(hundreds), "Ratus"]),
    }
    match number % 100 {
        rest @ 0..=11 => words.push(small(rest)),
        rest @ 12..=19 => words.extend([small(rest - 10), "Belas"]),
        rest => words.extend([small(rest / 10), "Puluh", small(rest % 10)]),
    }
}
