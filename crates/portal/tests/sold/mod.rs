//! What a new sandbox sells.

use std::sync::LazyLock;

use domain::Catalogue;

pub(crate) static SOLD: LazyLock<Catalogue> = LazyLock::new(|| {
    let products = sandbox::catalogue().into_iter();
    products.map(|product| (product.code.clone(), product.into())).collect()
});
