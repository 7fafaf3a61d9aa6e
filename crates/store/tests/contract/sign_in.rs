//! Sign-in of a partner's users.

use domain::command::{ChangePartner, ChangePartnerRefusal, PartnerChange};
use domain::partner::{PasswordHash, SealedKey, SignIn, Totp};

use super::*;

pub(crate) fn password(hash: &str) -> PartnerChange {
    PartnerChange::Password(Some(PasswordHash(hash.into())))
}

pub(crate) fn totp(secret: &[u8]) -> PartnerChange {
    PartnerChange::Totp(Some(SealedKey(secret.into())))
}

pub(crate) async fn change(
    database: &Database,
    partner: PartnerId,
    change: PartnerChange,
) -> Result<SignIn, ChangePartnerRefusal> {
    let changed = decided(database.submit(ChangePartner { partner, change }).await);
    changed.map(|partner| partner.sign_in.clone())
}

async fn read_back(bench: &impl Bench, database: Database) -> (Database, SignIn) {
    database.close();
    let database = bench.open(strict());
    let partners = database.read(|read| read.partners()).await.unwrap();
    (database, partners[0].sign_in.clone())
}

pub(super) async fn a_password_and_its_codes_are_read_back_after_a_restart(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner = with_partner(&database, 0).await;
    let (mut database, nothing) = read_back(bench, database).await;
    assert!(nothing == SignIn::default());
    let hash = |text: &str| Some(PasswordHash(text.into()));
    let code = |secret: &[u8], used| Some(Totp { secret: SealedKey(secret.into()), used });
    let (set, other) = (b"secret".as_slice(), b"other".as_slice());
    let steps = [
        (password("$first"), hash("$first"), None, 1),
        (totp(set), hash("$first"), code(set, 0), 2),
        (PartnerChange::TakeCode(7), hash("$first"), code(set, 7), 2),
        (password("$next"), hash("$next"), code(set, 7), 3),
        (PartnerChange::EndSessions, hash("$next"), code(set, 7), 4),
        (totp(other), hash("$next"), code(other, 0), 5),
        (PartnerChange::Suspend(true), hash("$next"), code(other, 0), 5),
        (PartnerChange::Totp(None), hash("$next"), None, 6),
        (totp(set), hash("$next"), code(set, 0), 7),
        // The generation stays, so that no old session becomes valid again.
        (PartnerChange::Password(None), None, None, 8),
        (password("$first"), hash("$first"), None, 9),
    ];
    for (step, password, totp, sessions) in steps {
        let expected = SignIn { password, totp, sessions };
        assert!(change(&database, partner, step).await.unwrap() == expected, "{sessions}");
        let (opened, found) = read_back(bench, database).await;
        assert!(found == expected, "{sessions} is read back");
        database = opened;
    }
    assert_clean(bench);
    database.close();
}

pub(super) async fn a_code_is_taken_once(bench: &impl Bench) {
    let database = bench.open(strict());
    let partner = with_partner(&database, 0).await;
    let take = async |step| change(&database, partner, PartnerChange::TakeCode(step)).await.err();
    assert_eq!(take(5).await, Some(ChangePartnerRefusal::CodeUsed), "none are asked for");
    change(&database, partner, totp(b"secret")).await.unwrap();
    assert_eq!(take(5).await, None);
    for earlier in [5, 4, 0, -1] {
        assert_eq!(take(earlier).await, Some(ChangePartnerRefusal::CodeUsed), "{earlier}");
    }
    assert_eq!(take(6).await, None);
    let at_once: Vec<_> = (0..8)
        .map(|_| {
            let database = database.clone();
            tokio::spawn(async move {
                change(&database, partner, PartnerChange::TakeCode(9)).await.is_ok()
            })
        })
        .collect();
    let mut taken = 0;
    for task in at_once {
        taken += usize::from(task.await.unwrap());
    }
    assert_eq!(taken, 1);
    database.close();
}
