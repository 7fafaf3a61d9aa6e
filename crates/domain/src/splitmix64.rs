//! Numbers spread evenly without chance: what must differ from payment to payment and yet be the same
//! again is derived from the payment's number.

/// Spreads every bit of `x` over all 64, one to one (the finalizer of SplitMix64).
pub const fn splitmix64(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
