//! What a call costs, in units: exact before it runs, bounded for the answer, and counted again by anybody from the bodies.

use hub_engine::{
    recount, Axis, Caps, Counted, Data, Datatype, InferRequest, InferResponse, Limits, Meter,
    MeterError, Port, Quote, Signature, Tensor,
};
use hub_model::{Metering, Unit};
use proptest::prelude::*;

fn port(name: &str, datatype: Datatype, axes: &[Axis]) -> Port {
    Port {
        name: name.into(),
        datatype,
        shape: Some(axes.to_vec()),
    }
}

/// A text encoder: ids and a mask in, a vector for each word and one for all out.
fn encoder() -> Signature {
    let batch = Axis::Named("batch".into());
    let words = Axis::Named("words".into());
    let pair = [batch.clone(), words.clone()];
    Signature {
        inputs: vec![
            port("ids", Datatype::Int64, &pair),
            port("mask", Datatype::Int64, &pair),
        ],
        outputs: vec![
            port(
                "each",
                Datatype::Fp32,
                &[batch.clone(), words, Axis::Fixed(4)],
            ),
            port("all", Datatype::Fp32, &[batch, Axis::Fixed(4)]),
            port("words", Datatype::Bytes, &[Axis::Any]),
        ],
    }
}

fn body() -> Vec<u8> {
    br#"{"inputs":[{"name":"ids","shape":[2,3],"datatype":"INT64","data":[5,6,7,8,0,0]},{"name":"mask","shape":[2,3],"datatype":"INT64","data":[1,1,1,1,0,0]}]}"#.to_vec()
}

fn nonzero(tensor: &str) -> Unit {
    Unit::Nonzero {
        tensor: tensor.into(),
    }
}

fn samples(tensor: &str, axis: u32) -> Unit {
    Unit::Samples {
        tensor: tensor.into(),
        axis,
    }
}

fn frame() -> InferResponse {
    InferResponse {
        model_name: "a/b".into(),
        model_version: Some("1".into()),
        id: None,
        outputs: vec![],
    }
}

fn quote(input: Unit, output: Unit, wanted: Option<&[&str]>) -> Quote {
    let caps = Caps {
        elements: 1_000,
        bytes: 50_000,
    };
    let meter = Meter::new(Metering { input, output }, encoder(), caps).unwrap();
    let body = body();
    let request = InferRequest::parse(&body, &Limits::default()).unwrap();
    let inputs = encoder().admit(request.inputs).unwrap();
    let wanted: Option<Vec<String>> =
        wanted.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    meter.quote(&body, &inputs, wanted.as_deref(), &frame())
}

#[test]
fn what_the_model_does_not_have_cannot_be_counted() {
    let error = |input, output| {
        Meter::new(Metering { input, output }, encoder(), Caps::default()).unwrap_err()
    };
    assert_eq!(
        error(nonzero("maks"), Unit::Elements).to_string(),
        "metering counts the input tensor `maks`, which the model does not have; it has `ids`, `mask`"
    );
    assert_eq!(
        error(Unit::Elements, samples("ids", 0)).to_string(),
        "metering counts the output tensor `ids`, which the model does not have; it has `each`, `all`, `words`"
    );
    assert_eq!(
        error(samples("ids", 2), Unit::Elements),
        MeterError::UnknownAxis {
            tensor: "ids".into(),
            axis: 2,
            dimensions: 2
        }
    );
    assert_eq!(
        error(Unit::Tokens, Unit::Elements),
        MeterError::TokensOfTensors
    );
    assert_eq!(
        error(Unit::Elements, Unit::Tokens),
        MeterError::TokensOfTensors
    );
}

#[test]
fn units_of_the_request_are_exact_and_those_of_the_answer_bounded_by_shapes() {
    let cases = [
        // 2 × 6 elements; 2·3·4 + 2·4 elements and as many texts as the cap says.
        (Unit::Elements, Unit::Elements, None, 12, 24 + 8 + 1_000),
        (Unit::Elements, Unit::Elements, Some(&["all"][..]), 12, 8),
        (
            Unit::Elements,
            Unit::Elements,
            Some(&["all", "each"][..]),
            12,
            32,
        ),
        (nonzero("mask"), nonzero("all"), None, 4, 8),
        (nonzero("mask"), nonzero("all"), Some(&["each"][..]), 4, 0),
        (samples("ids", 0), samples("each", 1), None, 2, 3),
        (samples("ids", 1), samples("words", 0), None, 3, 1_000),
        // Texts may be of any length, so the cap holds.
        (Unit::Bytes, Unit::Bytes, None, body().len() as u64, 50_000),
    ];
    for (input, output, wanted, units_in, most_units_out) in cases {
        let what = format!("{input:?} {output:?} {wanted:?}");
        assert_eq!(
            quote(input, output, wanted),
            Quote {
                units_in,
                exact: true,
                most_units_out
            },
            "{what}"
        );
    }
}

#[test]
fn an_answer_that_is_larger_than_its_description_is_charged_as_quoted() {
    let quote = Quote {
        units_in: 5,
        exact: true,
        most_units_out: 7,
    };
    let charge = |units_in, units_out| {
        quote.charge(Counted {
            units_in,
            units_out,
        })
    };
    assert_eq!(
        charge(5, 3),
        Counted {
            units_in: 5,
            units_out: 3
        }
    );
    assert_eq!(
        charge(6, 8),
        Counted {
            units_in: 5,
            units_out: 7
        }
    );
}

#[test]
fn anybody_counts_again_from_the_two_bodies() {
    let mut answer = frame();
    answer.outputs = vec![
        Tensor::new(
            "all",
            vec![2, 4],
            Data::Fp32(vec![0.0, 1., 0., 1., 1., 1., 1., -0.0]),
        )
        .unwrap(),
        Tensor::new("words", vec![1], Data::Bytes(vec!["one".into()])).unwrap(),
    ];
    let answer = answer.to_bytes().unwrap();
    let count = |input, output| recount(&Metering { input, output }, &body(), &answer).unwrap();
    assert_eq!(count(Unit::Elements, Unit::Elements), (Some(12), Some(9)));
    assert_eq!(count(nonzero("mask"), nonzero("all")), (Some(4), Some(5)));
    assert_eq!(
        count(samples("ids", 1), samples("all", 0)),
        (Some(3), Some(2))
    );
    assert_eq!(
        count(Unit::Bytes, Unit::Bytes),
        (Some(body().len() as u64), Some(answer.len() as u64))
    );
    assert_eq!(count(Unit::Tokens, Unit::Tokens), (None, None));
    // An output that was not asked for is not in the answer and costs nothing.
    assert_eq!(count(nonzero("mask"), nonzero("each")), (Some(4), Some(0)));
    assert!(recount(&Metering::default(), b"{}", &answer).is_err());
}

proptest! {
    /// The bound by bytes holds for any values, names and shapes.
    #[test]
    fn no_answer_is_longer_than_its_bound(
        name in "\\PC{0,8}|[\u{0}-\u{1f}\"\\\\]{1,8}",
        id in prop::option::of("\\PC{0,8}"),
        rows in 1_usize..4,
        bits in prop::collection::vec(any::<u64>(), 24),
    ) {
        let singles: Vec<f32> = bits.iter().map(|bits| f32::from_bits(*bits as u32)).map(|one| if one.is_finite() { one } else { f32::MIN }).collect();
        let doubles: Vec<f64> = bits.iter().map(|bits| f64::from_bits(*bits)).map(|one| if one.is_finite() { one } else { f64::MIN_POSITIVE }).collect();
        let halves: Vec<half::f16> = bits.iter().map(|bits| half::f16::from_bits(*bits as u16)).map(|one| if one.is_finite() { one } else { half::f16::MIN }).collect();
        let all = [
            Data::Fp32(singles), Data::Fp64(doubles), Data::Fp16(halves),
            Data::Int64(bits.iter().map(|bits| *bits as i64).collect()), Data::Uint64(bits.clone()),
            Data::Int8(bits.iter().map(|bits| *bits as i8).collect()), Data::Uint8(bits.iter().map(|bits| *bits as u8).collect()),
            Data::Int16(bits.iter().map(|bits| *bits as i16).collect()), Data::Uint16(bits.iter().map(|bits| *bits as u16).collect()),
            Data::Int32(bits.iter().map(|bits| *bits as i32).collect()), Data::Uint32(bits.iter().map(|bits| *bits as u32).collect()),
            Data::Bool(bits.iter().map(|bits| bits % 2 == 0).collect()),
        ];
        let shape = vec![24 / rows, rows];
        prop_assume!(24 % rows == 0);
        let ports = all.iter().enumerate().map(|(place, data)| {
            port(&format!("{name}{place}"), data.datatype(), &[Axis::Fixed(shape[0]), Axis::Fixed(shape[1])])
        });
        let signature = Signature { inputs: vec![], outputs: ports.collect() };
        let metering = Metering { input: Unit::Bytes, output: Unit::Bytes };
        let meter = Meter::new(metering, signature, Caps::default()).unwrap();
        let mut answer = InferResponse { model_name: name.clone(), model_version: None, id, outputs: vec![] };
        let bound = meter.most_units_out(&[], None, &answer);
        answer.outputs = all.into_iter().enumerate().map(|(place, data)| {
            Tensor::new(format!("{name}{place}"), shape.clone(), data).unwrap()
        }).collect();
        let length = answer.to_bytes().unwrap().len() as u64;
        prop_assert!(length <= bound, "{length} > {bound}");
    }
}
