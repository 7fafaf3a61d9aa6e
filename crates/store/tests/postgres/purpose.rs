//! What the books of a database are for.

use store::Purpose;

use crate::Place;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn books_contain_their_purpose() {
    let place = Place::fresh();
    for purpose in [Purpose::Sandbox, Purpose::Production, Purpose::Sandbox] {
        place.server().set_purpose(purpose).await.unwrap();
        assert_eq!(place.server().purpose().await.unwrap(), purpose);
    }
    place.tamper("DELETE FROM purpose");
    let told = place.server().purpose().await.unwrap_err();
    assert!(told.is_damage() && told.to_string().contains("what it was made for"), "{told}");
}
