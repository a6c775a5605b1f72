//! Addresses of pages and services, as RFC 3986 writes them.

/// Why a text is no address of a page. The sentence goes on after "is no https:// or http:// address: ".
pub(super) fn fault(text: &str) -> Option<&'static str> {
    let Some(rest) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
    else {
        return Some("begin with https:// or http://");
    };
    // Everything else stands in an address as %XX, and hosts of other scripts as xn--…: then what a reader sees is what
    // a browser opens. A backslash, which browsers take for a slash, is among what is refused.
    if !rest.bytes().all(is_of_a_url) {
        return Some("write characters other than letters, digits and -._~:/?#[]@!$&'()*+,;=% as %XX, and hosts of other scripts as xn--");
    }
    if !escapes_hold(rest) {
        return Some("after % two hexadecimal digits stand");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let after = rest.get(authority.len()..).unwrap_or_default();
    if after.matches('#').count() > 1 || after.contains(['[', ']']) {
        return Some("after the host one # stands at most, and brackets do not");
    }
    // `https://bank.example@thief.example` opens the second.
    if authority.contains('@') {
        return Some("leave out the name before the host");
    }
    authority_fault(authority)
}

fn authority_fault(authority: &str) -> Option<&'static str> {
    const HOST: &str =
        "name a host: labels of 1 to 63 letters, digits and inner hyphens with dots between, or an IPv6 address in brackets";
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let Some((address, after)) = rest.split_once(']') else {
                return Some(HOST);
            };
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return Some(HOST);
            }
            ("", after)
        }
        None => match authority.find(':') {
            Some(colon) => authority.split_at(colon),
            None => (authority, ""),
        },
    };
    let in_brackets = authority.starts_with('[');
    if !in_brackets && !is_host(host) {
        return Some(HOST);
    }
    match port.strip_prefix(':') {
        None if port.is_empty() => None,
        Some(digits) if is_port(digits) => None,
        _ => Some("a port is 1 to 65535"),
    }
}

fn is_host(host: &str) -> bool {
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

fn is_port(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && digits.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_of_a_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

fn escapes_hold(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        after
            .as_bytes()
            .get(..2)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}
