//! What the books of a database were made for.

use store::Purpose;

use crate::Place;

/// Books from before it was said are as when nobody had said it.
const UNSAID: &str = "DROP TABLE purpose; DELETE FROM refinery_schema_history WHERE version = 8";

const SANDBOXS: &str = "INSERT INTO product VALUES ('A', 'a', 'pdam', 0, 0, true, NULL, NULL, 1)";

const OTHERS: &str = "INSERT INTO product VALUES ('A', 'a', 'pdam', 0, 0, true, NULL, NULL, 2)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn books_say_what_they_were_made_for() {
    let place = Place::fresh();
    for purpose in [Purpose::Sandbox, Purpose::Production, Purpose::Sandbox] {
        place.server().set_purpose(purpose).await.unwrap();
        assert_eq!(place.server().purpose().await.unwrap(), purpose);
    }
    place.tamper("DELETE FROM purpose");
    let told = place.server().purpose().await.unwrap_err();
    assert!(told.is_damage() && told.to_string().contains("what it was made for"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_books_are_a_sandboxs_if_they_sell_what_it_sells() {
    for (product, purpose) in [
        ("SELECT 1", Purpose::Production),
        (OTHERS, Purpose::Production),
        (SANDBOXS, Purpose::Sandbox),
    ] {
        let place = Place::fresh();
        place.server();
        place.tamper(&format!("{UNSAID}; {product}"));
        assert_eq!(place.server().purpose().await.unwrap(), purpose, "{product}");
    }
}
