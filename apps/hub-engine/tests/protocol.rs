//! Bodies of requests: what is wrong is refused with a sentence, and nothing is allocated by what a shape says.

use hub_engine::{
    Axis, Data, Datatype, InferRequest, InferResponse, InputError, Limits, Port, Signature, Tensor,
};
use proptest::prelude::*;

fn parse(body: &str) -> Result<InferRequest, InputError> {
    InferRequest::parse(body.as_bytes(), &Limits::default())
}

fn one(datatype: &str, shape: &str, data: &str) -> Result<Tensor, InputError> {
    let body = format!(
        r#"{{"inputs":[{{"name":"x","shape":{shape},"datatype":"{datatype}","data":{data}}}]}}"#
    );
    parse(&body).map(|request| request.inputs.into_iter().next().unwrap())
}

fn refusal(datatype: &str, shape: &str, data: &str) -> String {
    one(datatype, shape, data).unwrap_err().to_string()
}

#[test]
fn a_body_that_is_no_request_is_refused() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "{\"inputs\":null}",
        r#"{"inputs":[]} trailing"#,
        r#"{"inputs":[],"inputs":[]}"#,
        r#"{"inputs":[],"model":"x"}"#,
        r#"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32"}]}"#,
        r#"{"inputs":[{"name":"x","shape":[-1],"datatype":"FP32","data":[1]}]}"#,
        r#"{"inputs":[{"name":"x","shape":[1.5],"datatype":"FP32","data":[1]}]}"#,
        r#"{"inputs":[{"name":"x","name":"y","shape":[1],"datatype":"FP32","data":[1]}]}"#,
        r#"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[NaN]}]}"#,
        r#"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[Infinity]}]}"#,
        r#"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[01]}]}"#,
        "{\"inputs\":[{\"name\":\"\\ud800\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]}",
    ] {
        let error = parse(body).unwrap_err();
        assert_eq!(error.code(), "malformed", "{body}: {error}");
        assert_eq!(error.status(), 400);
    }
    let invalid_text =
        b"{\"inputs\":[{\"name\":\"\xff\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]}";
    let error = InferRequest::parse(invalid_text, &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "malformed");
}

#[test]
fn a_huge_shape_costs_nothing() {
    for (shape, numbers) in [
        ("[18446744073709551615]", vec![u64::MAX]),
        (
            "[4294967296,4294967296,4294967296]",
            vec![1 << 32, 1 << 32, 1 << 32],
        ),
        ("[4194305]", vec![4_194_305]),
    ] {
        assert_eq!(
            one("FP32", shape, "[1]").unwrap_err(),
            InputError::ShapeTooLarge {
                name: "x".into(),
                shape: numbers,
                limit: 4_194_304
            }
        );
    }
    // This one may be: but the data are not there, and only they take memory.
    assert_eq!(
        refusal("FP64", "[4194304]", "[1]"),
        "tensor `x`: shape [4194304] has 4194304 elements, `data` has 1"
    );
    // The limit holds for all tensors together.
    let half = r#"{"name":"x","shape":[3000000],"datatype":"UINT8","data":[1]}"#;
    let tensor = format!(
        r#"{{"name":"a","shape":[2000000],"datatype":"UINT8","data":[{}0]}}"#,
        "0,".repeat(1_999_999)
    );
    let error = parse(&format!(r#"{{"inputs":[{tensor},{half}]}}"#)).unwrap_err();
    assert_eq!(error.code(), "shape_too_large");
}

#[test]
fn more_than_the_limits_is_refused_before_it_is_read() {
    let limits = Limits {
        body: 10,
        ..Limits::default()
    };
    assert_eq!(
        InferRequest::parse(b"{\"inputs\":[]}", &limits).unwrap_err(),
        InputError::BodyTooLong {
            length: 13,
            limit: 10
        }
    );
    let tensor = r#"{"name":"x","shape":[1],"datatype":"FP32","data":[1]}"#;
    let many = vec![tensor; 65].join(",");
    assert_eq!(
        parse(&format!(r#"{{"inputs":[{many}]}}"#)).unwrap_err(),
        InputError::TooMany {
            what: "tensors",
            count: 65,
            limit: 64
        }
    );
    assert_eq!(
        one("FP32", "[1,1,1,1,1,1,1,1,1]", "[1]").unwrap_err(),
        InputError::TooMany {
            what: "dimensions",
            count: 9,
            limit: 8
        }
    );
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(one("FP32", "[1]", &deep).unwrap_err().code(), "bad_data");
}

#[test]
fn values_that_are_not_of_the_type_are_named_with_their_place() {
    for (datatype, data, sentence) in [
        ("UINT8", "[1,2,256]", "element 2 is 256, not an integer from 0 to 255 (UINT8)"),
        ("UINT8", "[1,-1,3]", "element 1 is -1, not an integer from 0 to 255 (UINT8)"),
        ("INT8", "[1,2,-129]", "element 2 is -129, not an integer from -128 to 127 (INT8)"),
        ("INT32", "[1.0,2,3]", "element 0 is 1.0, not an integer from -2147483648 to 2147483647 (INT32)"),
        ("INT64", "[1,2,9223372036854775808]", "element 2 is 9223372036854775808, not an integer from -9223372036854775808 to 9223372036854775807 (INT64)"),
        ("UINT64", "[1,2,18446744073709551616]", "element 2 is 1.8446744073709552e19, not an integer from 0 to 18446744073709551615 (UINT64)"),
        ("FP16", "[1,2,65520]", "element 2 is 65520.0, not a number of at most 65504 (FP16)"),
        ("FP32", "[1,-1e39,3]", "element 1 is -1e39, not a number of at most 3.4028235e38 (FP32)"),
        ("FP32", "[1,null,3]", "element 1 is null, which is no number; leave rows with gaps out, or fill them"),
        ("FP32", "[1,\"2\",3]", "element 1 is a text, not a number of at most 3.4028235e38 (FP32)"),
        ("FP32", "[true,2,3]", "element 0 is true, not a number of at most 3.4028235e38 (FP32)"),
        ("BOOL", "[true,false,1]", "element 2 is 1, not true or false (BOOL)"),
        ("BYTES", "[\"a\",\"b\",3]", "element 2 is 3, not a text (BYTES)"),
        ("FP32", "7", "`data` must be a list"),
        ("FP32", "\"AAAA\"", "`data` must be a list"),
        ("FP32", "[1,2]", "shape [3] has 3 elements, `data` has 2"),
        ("FP32", "[1,2,3,4]", "shape [3] has 3 elements, `data` has more"),
        ("FP32", "[[1,2,3]]", "`data` is neither flat nor nested as shape [3] says"),
        ("FP32", "[]", "shape [3] has 3 elements, `data` has 0"),
    ] {
        assert_eq!(refusal(datatype, "[3]", data), format!("tensor `x`: {sentence}"));
    }
    // Beyond double precision there is no number at all.
    assert_eq!(
        one("FP64", "[1]", "[1e999]").unwrap_err().code(),
        "bad_data"
    );
    assert!(refusal("FP64", "[1]", "[{}]").contains("an object is no element"));
}

#[test]
fn data_are_flat_or_nested_exactly_as_the_shape_says() {
    let wanted = Data::Int32(vec![1, 2, 3, 4, 5, 6]);
    for data in ["[1,2,3,4,5,6]", "[[1,2,3],[4,5,6]]"] {
        let tensor = one("INT32", "[2,3]", data).unwrap();
        assert_eq!((tensor.shape(), tensor.data()), (&[2, 3][..], &wanted));
    }
    for data in [
        "[[1,2],[3,4],[5,6]]",
        "[[1,2,3],[4,5,6],[]]",
        "[[1,2,3],[4,5]]",
        "[[1,2,3],4,5,6]",
        "[1,2,3,[4,5,6]]",
        "[[1,2,3],[[4,5,6]]]",
        "[[1,2,3,4,5,6]]",
        "[[[1,2,3],[4,5,6]]]",
        "[[1,2,3],[]]",
    ] {
        let error = one("INT32", "[2,3]", data).unwrap_err();
        assert_eq!(error.code(), "bad_data", "{data}");
    }
    let single = one("INT32", "[]", "[5]").unwrap();
    assert_eq!(
        (single.shape(), single.data()),
        (&[][..], &Data::Int32(vec![5]))
    );
}

#[test]
fn a_tensor_without_elements_is_refused_unless_the_model_needs_it() {
    for shape in ["[0]", "[0,3]", "[2,0]", "[18446744073709551615,0]"] {
        assert_eq!(
            one("FP32", shape, "[]").unwrap_err(),
            InputError::Empty("x".into())
        );
    }
    let limits = Limits {
        empty: true,
        ..Limits::default()
    };
    let body = br#"{"inputs":[{"name":"x","shape":[2,0],"datatype":"FP32","data":[[],[]]}]}"#;
    let request = InferRequest::parse(body, &limits).unwrap();
    assert_eq!(request.inputs[0].shape(), [2, 0]);
}

#[test]
fn parameters_that_would_change_the_answer_are_refused() {
    let with = |parameters: &str| {
        parse(&format!(
            r#"{{"id":"7","parameters":{parameters},"inputs":[{{"name":"x","shape":[1],"datatype":"FP32","data":[1],"parameters":{{"binary_data":false}}}}],"outputs":[{{"name":"y","parameters":{{"binary_data":false}}}}]}}"#
        ))
    };
    let request = with(r#"{"binary_data_output":false}"#).unwrap();
    assert_eq!(request.id.as_deref(), Some("7"));
    assert_eq!(request.outputs, Some(vec!["y".to_owned()]));
    for (parameters, name) in [
        (r#"{"binary_data_output":true}"#, "binary_data_output"),
        (r#"{"classification":3}"#, "classification"),
        (r#"{"binary_data_size":4}"#, "binary_data_size"),
    ] {
        assert_eq!(
            with(parameters).unwrap_err(),
            InputError::UnknownParameter(name.into())
        );
    }
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(5000));
    assert_eq!(with(&long).unwrap_err().code(), "malformed");
}

fn signature() -> Signature {
    let port = |name: &str, datatype, axes: &[Axis]| Port {
        name: name.into(),
        datatype,
        shape: Some(axes.to_vec()),
    };
    let batch = Axis::Named("batch".into());
    Signature {
        inputs: vec![
            port("a", Datatype::Fp32, &[batch.clone(), Axis::Fixed(2)]),
            port("b", Datatype::Int64, &[batch.clone(), Axis::Any]),
        ],
        outputs: vec![
            port("y", Datatype::Fp32, std::slice::from_ref(&batch)),
            port("z", Datatype::Fp32, &[Axis::Any]),
        ],
    }
}

fn a(rows: usize) -> Tensor {
    Tensor::new("a", vec![rows, 2], Data::Fp32(vec![0.5; rows * 2])).unwrap()
}

fn b(rows: usize, columns: usize) -> Tensor {
    Tensor::new(
        "b",
        vec![rows, columns],
        Data::Int64(vec![1; rows * columns]),
    )
    .unwrap()
}

#[test]
fn inputs_that_are_not_the_models_are_refused() {
    let named = |name: &str| Tensor::new(name, vec![1], Data::Fp32(vec![0.0])).unwrap();
    let cases = [
        (vec![], "input `a` is missing: FP32 [batch, 2]"),
        (vec![a(1)], "input `b` is missing: INT64 [batch, -1]"),
        (
            vec![a(1), b(1, 1), named("c")],
            "the model has no input `c`; it has `a`, `b`",
        ),
        (
            vec![a(1), b(1, 1), named("")],
            "the model has no input ``; it has `a`, `b`",
        ),
        (vec![a(1), a(1), b(1, 1)], "input `a` is there twice"),
        (
            vec![named("a"), b(1, 1)],
            "input `a` has shape [1], the model takes [batch, 2]",
        ),
        (
            vec![
                Tensor::new("a", vec![1, 3], Data::Fp32(vec![0.0; 3])).unwrap(),
                b(1, 1),
            ],
            "input `a` has shape [1, 3], the model takes [batch, 2]",
        ),
        (
            vec![
                Tensor::new("a", vec![1, 2], Data::Fp64(vec![0.0; 2])).unwrap(),
                b(1, 1),
            ],
            "input `a` is FP64, the model takes FP32",
        ),
        (
            vec![a(2), b(3, 1)],
            "dimension `batch` is 2 in `a` and 3 in `b`: it must be the same",
        ),
    ];
    for (inputs, sentence) in cases {
        assert_eq!(signature().admit(inputs).unwrap_err().to_string(), sentence);
    }
}

#[test]
fn inputs_come_in_the_models_order() {
    let admitted = signature().admit(vec![b(3, 7), a(3)]).unwrap();
    assert_eq!(admitted, [a(3), b(3, 7)]);
}

#[test]
fn outputs_come_as_asked_for_and_only_those() {
    let with = |outputs: &[&str]| InferRequest {
        id: None,
        inputs: vec![],
        outputs: Some(outputs.iter().map(|name| (*name).to_owned()).collect()),
    };
    let output = |name: &str| Tensor::new(name, vec![1], Data::Fp32(vec![1.0])).unwrap();
    with(&["z", "y"]).check_outputs(&signature()).unwrap();
    assert_eq!(
        with(&["z", "y"]).select(vec![output("y"), output("z")]),
        [output("z"), output("y")]
    );
    assert_eq!(
        with(&["z"]).select(vec![output("y"), output("z")]),
        [output("z")]
    );
    assert_eq!(
        with(&["w"])
            .check_outputs(&signature())
            .unwrap_err()
            .to_string(),
        "the model has no output `w`; it has `y`, `z`"
    );
    assert_eq!(
        with(&["y", "y"]).check_outputs(&signature()).unwrap_err(),
        InputError::OutputTwice("y".into())
    );
    // An empty list is how clients say "all".
    let body = br#"{"inputs":[],"outputs":[]}"#;
    let request = InferRequest::parse(body, &Limits::default()).unwrap();
    assert_eq!(request.outputs, None);
}

#[test]
fn an_answer_with_a_nan_says_where() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let output = Tensor::new("y", vec![3], Data::Fp32(vec![1.0, value, value])).unwrap();
        let answer = InferResponse {
            model_name: "m".into(),
            model_version: None,
            id: None,
            outputs: vec![output],
        };
        let error = answer.to_bytes().unwrap_err();
        assert_eq!(
            error,
            InputError::NotFinite {
                output: "y".into(),
                element: 1
            }
        );
        assert_eq!(error.status(), 422);
    }
}

#[test]
fn the_same_answer_has_the_same_bytes() {
    let answer = InferResponse {
        model_name: "alice/volatility".into(),
        model_version: Some("3".into()),
        id: Some("a\"b".into()),
        outputs: vec![
            Tensor::new("y", vec![2, 1], Data::Fp32(vec![0.1, -0.0])).unwrap(),
            Tensor::new("z", vec![2], Data::Bytes(vec!["é\n".into(), String::new()])).unwrap(),
        ],
    };
    let bytes = answer.to_bytes().unwrap();
    assert_eq!(
        String::from_utf8(bytes.clone()).unwrap(),
        "{\"model_name\":\"alice/volatility\",\"model_version\":\"3\",\"id\":\"a\\\"b\",\"outputs\":[\
         {\"name\":\"y\",\"shape\":[2,1],\"datatype\":\"FP32\",\"data\":[0.1,-0.0]},\
         {\"name\":\"z\",\"shape\":[2],\"datatype\":\"BYTES\",\"data\":[\"é\\n\",\"\"]}]}"
    );
    assert_eq!(
        InferResponse::parse(&bytes, &Limits::default()).unwrap(),
        answer
    );
}

/// A tensor of any type with any finite values.
fn tensors() -> impl Strategy<Value = Tensor> {
    fn of<T: std::fmt::Debug + Clone + 'static>(
        element: impl Strategy<Value = T> + 'static,
        data: fn(Vec<T>) -> Data,
    ) -> BoxedStrategy<Data> {
        prop::collection::vec(element, 1..40).prop_map(data).boxed()
    }
    let half = any::<u16>().prop_map(half::f16::from_bits);
    let single = any::<u32>().prop_map(f32::from_bits);
    let double = any::<u64>().prop_map(f64::from_bits);
    let data = prop_oneof![
        of(any::<bool>(), Data::Bool),
        of(any::<u8>(), Data::Uint8),
        of(any::<u16>(), Data::Uint16),
        of(any::<u32>(), Data::Uint32),
        of(any::<u64>(), Data::Uint64),
        of(any::<i8>(), Data::Int8),
        of(any::<i16>(), Data::Int16),
        of(any::<i32>(), Data::Int32),
        of(any::<i64>(), Data::Int64),
        of(
            half.prop_filter("finite", |one| one.is_finite()),
            Data::Fp16
        ),
        of(
            single.prop_filter("finite", |one| one.is_finite()),
            Data::Fp32
        ),
        of(
            double.prop_filter("finite", |one| one.is_finite()),
            Data::Fp64
        ),
        of(any::<String>(), Data::Bytes),
    ];
    (".{0,12}", data, any::<bool>()).prop_map(|(name, data, nested)| {
        let shape = match nested {
            true => vec![1, data.len(), 1],
            false => vec![data.len()],
        };
        Tensor::new(name, shape, data).unwrap()
    })
}

proptest! {
    #[test]
    fn every_bit_survives_the_way_through_json(inputs in prop::collection::vec(tensors(), 0..4)) {
        let request = InferRequest { id: None, inputs, outputs: None };
        let read = InferRequest::parse(&request.to_bytes(), &Limits::default()).unwrap();
        // Compared as text, in which a negative zero differs from zero.
        prop_assert_eq!(format!("{read:?}"), format!("{request:?}"));
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = InferRequest::parse(&bytes, &Limits::default());
        let _ = InferResponse::parse(&bytes, &Limits::default());
    }

    #[test]
    fn no_change_of_a_byte_breaks_the_reader(tensor in tensors(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let request = InferRequest { id: None, inputs: vec![tensor], outputs: None };
        let mut bytes = request.to_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(read) = InferRequest::parse(&bytes, &Limits::default()) {
            for tensor in read.inputs {
                prop_assert_eq!(tensor.shape().iter().product::<usize>(), tensor.data().len());
            }
        }
    }
}
