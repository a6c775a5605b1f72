//! Numbers as people read them.

/// 12345.6 as 12 346.
pub fn count(number: f64) -> String {
    let digits = format!("{:.0}", libm::round(number.abs()));
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Dollars: cents from a cent on, two digits that say something below.
pub fn dollars(amount: f64) -> String {
    if amount >= 1_000.0 {
        count(amount)
    } else if amount == 0.0 || amount >= 0.01 {
        format!("{amount:.2}")
    } else {
        let text = format!("{amount:.6}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        if text == "0" {
            "< 0.000001".to_owned()
        } else {
            text.to_owned()
        }
    }
}

/// A part as percent.
pub fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

/// A mean of numbers that are counted: whole where it is, else one digit more.
pub fn mean(number: f64) -> String {
    if number == libm::round(number) || number >= 100.0 {
        count(number)
    } else {
        format!("{number:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_none_is_lost() {
        assert_eq!(
            [0.0, 999.4, 1_234_567.0].map(count),
            ["0", "999", "1 234 567"]
        );
        assert_eq!(
            [0.0, 0.000_001, 0.004_2, 1.5, 1_500.0, 1e-9].map(dollars),
            ["0.00", "0.000001", "0.0042", "1.50", "1 500", "< 0.000001"]
        );
        assert_eq!(percent(0.1234), "12.3 %");
        assert_eq!([2.0, 2.25, 250.7].map(mean), ["2", "2.2", "251"]);
    }
}
