//! Where the time of a metered call goes.

use std::hint::black_box;
use std::path::Path;

use hub_ledger::Admission;
use hub_serve::answer::Kept;
use hub_types::ids::SessionId;
use hub_wire::{sha256, Call, Units};
use serde::Serialize;

use crate::fixture::{ledger, now, unsigned, Fixture, Keeps};
use crate::measure::each;

/// A step, and its processor time in microseconds.
#[derive(Debug, Serialize)]
pub struct Part {
    pub step: &'static str,
    pub cpu_us: f64,
}

const TIMES: u32 = 2_000;

/// The steps of a call of the model of 5 µs, each measured alone, in their order.
pub async fn run(model: &Path, folder: &Path) -> Vec<Part> {
    let fixture = Fixture::new(model, Keeps::Memory, folder).await;
    let app = fixture.app();
    let requests = fixture.requests(1, 1, u64::from(u16::MAX));
    let request = &requests[0][0];
    let header = request.payment.as_deref().unwrap_or_default();
    let priced = fixture.priced();
    let offer = app.ledger.read(|ledger| ledger.offer(&priced.work, now()));
    let offer = offer.expect("an offer");
    let mut parts = vec![];
    let mut part = |step, cpu_us| parts.push(Part { step, cpu_us });

    let price = each(TIMES, |_| {
        black_box(sha256(&[&request.body]));
        app.ledger
            .read(|ledger| ledger.offer(&priced.work, now()))
            .expect("an offer");
    });
    part("body hashed, call priced", price);
    let read = each(TIMES, |_| {
        black_box(app.venue.read(header, &offer).expect("a payment"));
    });
    part("payment header read and compared", read);

    let payment = app.venue.read(header, &offer).expect("a payment").payload;
    let session = payment.session;
    let verifier = app
        .ledger
        .read(|ledger| ledger.verifier(session))
        .expect("a session");
    let call = Call {
        request_hash: priced.request_hash,
        ..*unsigned(session, u64::from(u16::MAX) << 32).0.call()
    };
    let verify = each(TIMES / 4, |_| {
        verifier
            .call(call, &payment.call.signature.0)
            .expect("a signature");
    });
    part("signature of the caller checked", verify);

    let own = ledger(Keeps::Memory);
    let kept = Kept::new(
        &fixture.served.engine,
        "operator's word",
        "application/json",
        request.body.clone(),
    );
    let ledger = each(TIMES, |number| {
        let (authorized, work) = unsigned(SessionId(1), u64::from(number));
        let admitted = own.change(|ledger| ledger.reserve(&authorized, &work, None, now()));
        let Ok(Admission::Reserved(reservation)) = admitted else {
            panic!("{admitted:?}");
        };
        own.change(|ledger| ledger.start(reservation, now()))
            .expect("a start");
        let bytes = kept.to_bytes();
        let hash = sha256(&[&kept.body]);
        let units = Units::new(work.units.input, work.units.output);
        let completed = own.begin(|ledger| ledger.complete(reservation, units, hash, bytes, now()));
        let _ = completed.expect("a receipt");
    });
    part("reserved, started, completed in the ledger", ledger);

    let mut receipt = None;
    let (authorized, work) = unsigned(SessionId(2), 1);
    if let Ok(Admission::Reserved(reservation)) =
        own.change(|ledger| ledger.reserve(&authorized, &work, None, now()))
    {
        own.change(|ledger| ledger.start(reservation, now()))
            .expect("a start");
        let completed =
            own.begin(|ledger| ledger.complete(reservation, work.units, [0; 32], vec![], now()));
        receipt = completed.expect("a receipt").wait().await.ok();
    }
    let receipt = receipt.expect("a receipt").receipt;
    let answer = each(TIMES / 2, |_| {
        let caller = "caller".to_owned();
        black_box(app.paid_answer(kept.clone(), &receipt, caller, 1, 1, Some(1)));
    });
    part("answer signed, response header written", answer);
    parts
}
