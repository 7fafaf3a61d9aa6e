//! A gateway on its own database, and the actions of a partner.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use biller::{Billers, Receipt};
use domain::command::{AddPartner, PutProduct, RecordDeposit};
use domain::partner::SealedKey;
use domain::payment::Call;
use domain::{
    BillerId, Family, Moment, PartnerId, Product, ProductCode, RefId, Rupiah, TrId, Transaction,
    Username,
};
use gateway::{Clock, Gateway, Observer, Request, Resolver, Settings};
use store::sqlite::{DataDir, SqliteReader, reader};
use store::{CommandError, Connections, Database, Hooks, Limits, PointReads};

use crate::biller::{CountingBiller, Script};

pub(crate) const NOON: Moment = Moment::from_micros(1_546_275_600_000_000 + 12 * 3_600_000_000);
pub(crate) const PRICE: i64 = 52_300;

/// A clock that moves only when a test moves it, or by a fixed step at each reading.
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<AtomicI64>, Arc<AtomicI64>);

impl ManualClock {
    pub(crate) fn at_noon() -> ManualClock {
        ManualClock(Arc::new(AtomicI64::new(NOON.as_micros())), Arc::default())
    }

    pub(crate) fn run(&self, step: Duration) {
        self.1.store(domain::moment::micros(step), SeqCst);
    }

    pub(crate) fn move_on(&self, by: Duration) {
        self.0.fetch_add(domain::moment::micros(by), SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        Moment::from_micros(self.0.fetch_add(self.1.load(SeqCst), SeqCst))
    }
}

pub(crate) struct Nobody;

impl Observer for Nobody {
    fn called(&self, _: &str, _: Call, _: &'static str, _: Duration) {}
}

/// Opens the database in `data`.
pub(crate) fn database(data: &Path) -> Database {
    database_read_by(data, |reader| Box::new(reader))
}

/// The same; `wrap` wraps the only reading connection.
pub(crate) fn database_read_by(
    data: &Path,
    wrap: impl FnOnce(SqliteReader) -> Box<dyn store::Read>,
) -> Database {
    let store = DataDir::own(data).unwrap().open().unwrap();
    let hooks = Hooks {
        committed: Box::new(|_| {}),
        fatal: Box::new(|error| panic!("the committer stopped: {error}")),
    };
    let point_reads = PointReads::embedded(vec![Box::new(store.reader().unwrap())]);
    let connections = Connections { point_reads, questions: vec![wrap(store.reader().unwrap())] };
    Database::start(store, connections, Limits::default(), hooks)
}

/// Opens a gateway on the database, with its resolver running.
async fn gateway(
    database: Database,
    biller: &Arc<CountingBiller>,
    clock: &ManualClock,
    shares_store: bool,
) -> Gateway {
    let opened = opened(database, biller, clock, shares_store, Arc::new(Nobody));
    let (gateway, resolver) = opened.await;
    let mut supervisor = gateway.supervisor();
    supervisor.run(resolver);
    // Runs until the end of the test.
    tokio::spawn(async move {
        std::future::pending::<()>().await;
        drop(supervisor);
    });
    gateway
}

/// Opens a gateway on the database, without running its tasks.
pub(crate) async fn opened(
    database: Database,
    biller: &Arc<CountingBiller>,
    clock: &ManualClock,
    shares_store: bool,
    observer: Arc<dyn Observer>,
) -> (Gateway, Resolver) {
    let mut billers = Billers::default();
    let connector: Arc<dyn biller::Biller> = biller.clone();
    billers.insert(BillerId(1), "counting", connector);
    let settings = Settings {
        biller_deadline: Duration::from_millis(200),
        first_ask: Duration::from_millis(5),
        longest_wait: Duration::from_millis(20),
        shares_store,
        reference_prefix: 1,
        low_biller_balance: domain::Rupiah::ZERO,
    };
    let opened = Gateway::open(database, billers, Arc::new(clock.clone()), observer, settings);
    opened.await.unwrap()
}

/// Opens the gateway as the only user of `data`.
pub(crate) async fn open(
    data: &Path,
    biller: &Arc<CountingBiller>,
    clock: &ManualClock,
) -> Gateway {
    gateway(database(data), biller, clock, false).await
}

pub(crate) struct Bench {
    pub(crate) data: tempfile::TempDir,
    pub(crate) biller: Arc<CountingBiller>,
    pub(crate) clock: ManualClock,
    pub(crate) gateway: Gateway,
    pub(crate) partner: PartnerId,
}

/// One partner with `deposit`, one product, and a biller that follows `script`.
pub(crate) async fn bench(script: Script, deposit: i64) -> Bench {
    let (bench, _) = benches(script, deposit, false).await;
    bench
}

/// Two gateways on one database, each with its resolver.
pub(crate) async fn two_gateways(script: Script, deposit: i64) -> (Bench, Gateway) {
    let (bench, database) = benches(script, deposit, true).await;
    let second = gateway(database, &bench.biller, &bench.clock, true).await;
    (bench, second)
}

async fn benches(script: Script, deposit: i64, shares_store: bool) -> (Bench, Database) {
    let data = tempfile::tempdir().unwrap();
    let (biller, clock) = (Arc::new(CountingBiller::new(script)), ManualClock::at_noon());
    let database = database(data.path());
    let gateway = gateway(database.clone(), &biller, &clock, shares_store).await;
    let partner = with_product_and_partner(&gateway, deposit).await;
    (Bench { data, biller, clock, gateway, partner }, database)
}

pub(crate) fn product() -> Product {
    Product {
        code: ProductCode::new("BPJS").unwrap(),
        name: "BPJS Kesehatan".into(),
        family: Family::BpjsKesehatan,
        fee: Rupiah::new(2500),
        commission: Rupiah::new(200),
        active: true,
        hours: None,
        province: None,
        fee_of_biller: false,
        below_cost: false,
        failover_payments: false,
        routes: vec![domain::Route::to(BillerId(1))],
    }
}

/// Adds a product and a partner with a deposit.
pub(crate) async fn with_product_and_partner(gateway: &Gateway, deposit: i64) -> PartnerId {
    gateway.operate(PutProduct(product())).await.unwrap();
    let add = AddPartner {
        username: Username::new("0812").unwrap(),
        name: "Toko".into(),
        key: SealedKey(vec![1].into()),
        allow_list: Vec::new(),
        min_balance: Rupiah::ZERO,
        now: NOON,
    };
    let partner = gateway.operate(add).await.unwrap().id;
    let amount = Rupiah::new(deposit);
    let deposit = RecordDeposit { partner, amount, note: "".into(), reference: None, now: NOON };
    gateway.operate(deposit).await.unwrap();
    partner
}

impl Bench {
    pub(crate) fn request(&self, ref_id: &str) -> Request {
        Request {
            partner: self.partner,
            ref_id: RefId::new(ref_id).unwrap(),
            code: ProductCode::new("BPJS").unwrap(),
            customer_no: "8801234560001".into(),
            month: Some(2),
            year: None,
            identity: None,
            amount: None,
        }
    }

    pub(crate) async fn inquire(&self, ref_id: &str) -> TrId {
        self.gateway.inquire(self.request(ref_id)).await.unwrap().inquiry.tr_id
    }

    pub(crate) async fn pay(&self, tr_id: TrId) -> Transaction {
        self.gateway.pay(self.partner, tr_id).await.unwrap().transaction
    }

    pub(crate) async fn status(&self, ref_id: &str) -> Transaction {
        let ref_id = RefId::new(ref_id).unwrap();
        self.gateway.status(self.partner, &ref_id).await.unwrap().unwrap()
    }

    /// Waits until the payment of `ref_id` is final.
    pub(crate) async fn ended(&self, ref_id: &str) -> Transaction {
        for _ in 0..2000 {
            let transaction = self.status(ref_id).await;
            if transaction.state().is_final() {
                return transaction;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{ref_id} never ended");
    }

    pub(crate) fn assert_clean(&self) {
        let mut reader = reader(self.data.path()).unwrap();
        let report = store::audit::audit(&mut reader).unwrap();
        assert!(report.is_clean(), "{:?}", report.faults);
    }

    pub(crate) fn paid(&self) -> u32 {
        self.biller.pays.load(SeqCst)
    }
}

/// Why the rules refuse a request.
pub(crate) fn refusal<T: std::fmt::Debug, R: std::fmt::Debug>(
    answer: Result<T, CommandError<R>>,
) -> R {
    match answer {
        Err(CommandError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

pub(crate) fn receipt() -> Receipt {
    Receipt { receipt_no: "148732328035714773".into(), details: None }
}
