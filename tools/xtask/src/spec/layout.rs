//! The layout of a packed record, read from the code that writes it.
//!
//! It understands the few forms in which records are written, and fails on any other, so that what it says is what the
//! code does.

use std::collections::BTreeMap;

use anyhow::{bail, Context, Result};
use syn::{Block, Expr, ExprClosure, ExprMatch, ImplItem, Item, ItemImpl, Lit, Pat, Stmt, Type};

use super::source::code;

/// How a type packs itself.
pub struct Layout {
    /// What it writes, in order, with `‖` between.
    pub text: String,
    /// Layout number of it; none if it never changed.
    pub number: Option<String>,
    /// What it reads of older layouts, in words.
    pub older: Option<String>,
}

/// The layouts of all types of a file that pack themselves, by name.
pub fn of_file(file: &syn::File) -> Result<BTreeMap<String, Layout>> {
    let mut layouts = BTreeMap::new();
    for item in &file.items {
        let Item::Impl(item) = item else { continue };
        let Some(body) = pack(item) else { continue };
        let name = code(&item.self_ty);
        let writer = Layouts {
            fields: fields(file, &name),
            aliases: BTreeMap::new(),
        };
        let text = writer
            .block(body)
            .with_context(|| format!("how {name} packs itself"))?;
        let number = constant(item, "LAYOUT");
        let older = method(item, "unpack_older").map(|it| super::source::documentation(&it.attrs));
        layouts.insert(
            name,
            Layout {
                text,
                number,
                older,
            },
        );
    }
    Ok(layouts)
}

fn method<'a>(item: &'a ItemImpl, name: &str) -> Option<&'a syn::ImplItemFn> {
    item.items.iter().find_map(|it| match it {
        ImplItem::Fn(function) if function.sig.ident == name => Some(function),
        _ => None,
    })
}

fn pack(item: &ItemImpl) -> Option<&Block> {
    method(item, "pack").map(|function| &function.block)
}

fn constant(item: &ItemImpl, name: &str) -> Option<String> {
    item.items.iter().find_map(|it| match it {
        ImplItem::Const(constant) if constant.ident == name => Some(code(&constant.expr)),
        _ => None,
    })
}

/// Types of the fields of a struct by name, as code.
fn fields(file: &syn::File, name: &str) -> BTreeMap<String, String> {
    let found = file.items.iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == name => Some(item),
        _ => None,
    });
    let fields = found.into_iter().flat_map(|item| item.fields.iter());
    fields
        .filter_map(|field| Some((field.ident.as_ref()?.to_string(), code(&field.ty))))
        .collect()
}

/// A place in the code: what its names stand for.
#[derive(Clone)]
struct Layouts {
    fields: BTreeMap<String, String>,
    /// Local names, and what they are of the record.
    aliases: BTreeMap<String, String>,
}

impl Layouts {
    fn block(&self, block: &Block) -> Result<String> {
        let mut here = self.clone();
        let mut parts = vec![];
        for statement in &block.stmts {
            match statement {
                Stmt::Local(local) => {
                    let value = local.init.as_ref().context("a name without a value")?;
                    let value = here.name(&value.expr)?;
                    here.aliases.insert(pattern(&local.pat)?, value);
                }
                Stmt::Expr(expr, _) => parts.push(here.written(expr)?),
                other => bail!("`{}` is not understood", code(other)),
            }
        }
        Ok(parts.join(" ‖ "))
    }

    /// What an expression appends.
    fn written(&self, expr: &Expr) -> Result<String> {
        match expr {
            Expr::Block(block) => self.block(&block.block),
            Expr::MethodCall(call) if code(&call.receiver) == "writer" => {
                let value = call.args.first().context("nothing is written")?;
                match call.method.to_string().as_str() {
                    "u64" | "u128" => self.name(value),
                    "byte" => match value {
                        Expr::Lit(literal) => match &literal.lit {
                            Lit::Int(number) => {
                                Ok(format!("0x{:02x}", number.base10_parse::<u8>()?))
                            }
                            other => bail!("`{}` is not understood", code(other)),
                        },
                        value => Ok(format!("{}[1]", self.name(value)?)),
                    },
                    "raw" => {
                        let name = self.name(value)?;
                        Ok(format!("{name}[{}]", self.width(&name)?))
                    }
                    other => bail!("`writer.{other}` is not understood"),
                }
            }
            Expr::MethodCall(call) if call.method == "pack" => {
                let name = self.name(&call.receiver)?;
                Ok(format!("{name}: {}", self.record(&name)?))
            }
            // A record within another, whose week is told by its distance to one of the other.
            Expr::MethodCall(call) if call.method == "pack_before" => {
                let name = self.name(&call.receiver)?;
                let week = call.args.iter().nth(1).context("no week is named")?;
                let (kind, week) = (self.record(&name)?, self.name(week)?);
                Ok(format!("{name}: {kind} with ({week} − week) for its week"))
            }
            Expr::Call(call) => self.call(&code(&call.func), call.args.iter().skip(1)),
            Expr::ForLoop(each) => {
                let list = self.name(&each.expr)?;
                let body = self.inside(&each.pat, &list)?.block(&each.body)?;
                Ok(each_of(&list, &body))
            }
            Expr::Match(choice) => self.choice(choice),
            other => bail!("`{}` is not understood", code(other)),
        }
    }

    /// What one of the functions of `fields.rs` appends.
    fn call<'e>(&self, function: &str, mut args: impl Iterator<Item = &'e Expr>) -> Result<String> {
        let value = args.next().context("nothing is written")?;
        let name = self.name(value)?;
        Ok(match (function, args.next()) {
            ("pack_denom_number" | "pack_count", None) => name,
            ("pack_option", Some(inner)) => format!("[{}]", self.element(&name, inner)?),
            ("pack_list", Some(inner)) => {
                let each = each_of(&name, &self.element(&name, inner)?);
                format!("number of {name} ‖ {each}")
            }
            (function, None) => format!("{name}: {}", kind(function)?),
            _ => bail!("`{function}` is not understood"),
        })
    }

    /// What a closure or a function appends for a value.
    fn element(&self, name: &str, inner: &Expr) -> Result<String> {
        match inner {
            Expr::Closure(ExprClosure { inputs, body, .. }) => {
                let value = inputs.iter().nth(1).context("a closure without a value")?;
                self.inside(value, name)?.written(body)
            }
            function => Ok(format!("{name}: {}", kind(&code(function))?)),
        }
    }

    /// The same place with a name for a value, or names for the parts of it.
    fn inside(&self, pat: &Pat, of: &str) -> Result<Self> {
        let mut inside = self.clone();
        match pat {
            Pat::Tuple(tuple) => {
                for part in &tuple.elems {
                    let name = pattern(part)?;
                    inside
                        .fields
                        .entry(name.clone())
                        .or_insert_with(|| capital(&name));
                    inside.aliases.insert(name.clone(), name);
                }
            }
            pat => {
                inside.aliases.insert(pattern(pat)?, of.to_owned());
            }
        }
        Ok(inside)
    }

    fn choice(&self, choice: &ExprMatch) -> Result<String> {
        let name = self.name(&choice.expr)?;
        let mut arms = vec![];
        for arm in &choice.arms {
            let variant = match &arm.pat {
                Pat::Path(path) => path.path.segments.last(),
                Pat::Struct(pat) => pat.path.segments.last(),
                Pat::TupleStruct(pat) => pat.path.segments.last(),
                other => bail!("`{}` is not understood", code(other)),
            };
            let variant = variant.context("an arm without a name")?.ident.to_string();
            arms.push(format!(
                "{}: {}",
                variant.to_lowercase(),
                self.written(&arm.body)?
            ));
        }
        Ok(format!("{name}: ({})", arms.join(" | ")))
    }

    /// What a value is called.
    fn name(&self, expr: &Expr) -> Result<String> {
        Ok(match expr {
            Expr::Reference(inner) => self.name(&inner.expr)?,
            Expr::Unary(inner) => self.name(&inner.expr)?,
            Expr::Paren(inner) => self.name(&inner.expr)?,
            Expr::Field(field) => {
                let member = code(&field.member);
                match &*field.base {
                    // The integer of a day, a week or an id goes by the name of what it is.
                    base if member == "0" && code(base) != "self" => self.name(base)?,
                    Expr::Path(base) if !base.path.is_ident("self") => member,
                    Expr::Path(_) if member == "0" => "sum".to_owned(),
                    Expr::Path(_) => member,
                    base => format!("{}.{member}", self.name(base)?),
                }
            }
            Expr::Path(path) => {
                let name = code(path);
                match name.as_str() {
                    "self" => "value".to_owned(),
                    _ => self.aliases.get(&name).cloned().unwrap_or(name),
                }
            }
            Expr::Call(call) => self.name(call.args.first().context("nothing is named")?)?,
            Expr::MethodCall(call) => {
                let of = self.name(&call.receiver)?;
                let arg = call.args.first();
                match (call.method.to_string().as_str(), arg) {
                    ("into" | "as_ref" | "as_bytes" | "u128", None) => of,
                    ("len", None) => format!("number of {of}"),
                    ("week", None) => format!("week of {of}"),
                    ("saturating_sub" | "since", Some(less)) => {
                        format!("({of} − {})", self.name(less)?)
                    }
                    ("unwrap_or", Some(Expr::Lit(zero))) => format!("({of}, or {})", code(zero)),
                    ("unwrap_or", Some(_)) => of,
                    ("unwrap_or_default", None) => format!("({of}, or 0)"),
                    ("filter", Some(Expr::Closure(closure))) => match &*closure.body {
                        Expr::Binary(binary) => match &*binary.right {
                            Expr::Call(_) => format!("{of}, if not all zero"),
                            other => format!("{of}, if not the {}", self.name(other)?),
                        },
                        other => bail!("`{}` is not understood", code(other)),
                    },
                    _ => bail!("`{}` is not understood", code(call)),
                }
            }
            other => bail!("`{}` is not understood", code(other)),
        })
    }

    /// Type of a field, by the first word of what it is called.
    fn of_field(&self, name: &str) -> Result<&str> {
        let field = name.split([',', ' ', '.']).next().unwrap_or(name);
        let found = self.fields.get(field).map(String::as_str);
        found.with_context(|| format!("`{name}` is no field"))
    }

    fn width(&self, name: &str) -> Result<usize> {
        let of = self.of_field(name)?;
        if of.contains("PublicKey") {
            Ok(48)
        } else if ["Hash", "BlobId", "Measurement", "32"]
            .iter()
            .any(|it| of.contains(it))
        {
            Ok(32)
        } else {
            bail!("how wide is {of}?")
        }
    }

    /// The packed type that a field is made of.
    fn record(&self, name: &str) -> Result<String> {
        let of = self.of_field(name)?;
        let words = of.split(|letter: char| !letter.is_alphanumeric());
        let mut known = words.filter(|word| !["", "Vec", "Option"].contains(word));
        Ok(known.next_back().context("it is of no type")?.to_owned())
    }
}

/// What stands for each entry of a list, which may be one value that has no name but the list's.
fn each_of(list: &str, body: &str) -> String {
    match body.strip_prefix(list) {
        Some(rest) if !rest.contains('‖') => format!("each of {list}{rest}"),
        _ => format!("each of {list}: ({body})"),
    }
}

fn kind(function: &str) -> Result<&'static str> {
    Ok(match function {
        "pack_address" => "address",
        "pack_bool" => "flag",
        "pack_key" => "key",
        "pack_denom" => "denomination",
        "pack_rates" => "rates",
        other => bail!("`{other}` is not understood"),
    })
}

fn pattern(pat: &Pat) -> Result<String> {
    match pat {
        Pat::Ident(name) => Ok(name.ident.to_string()),
        Pat::Type(typed) => pattern(&typed.pat),
        other => bail!("`{}` is not understood", code(other)),
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// The types of a map of records: key and value.
pub fn key_and_value(of: &Type) -> Option<(String, String)> {
    let text = code(of);
    let inner = text.strip_prefix("PackedMap<")?.strip_suffix('>')?;
    let inner = inner.trim();
    // The comma between the two is the last one outside of brackets.
    let mut depth = 0_i32;
    let comma = inner.char_indices().rev().find(|(_, letter)| {
        match letter {
            ')' | '>' => depth += 1,
            '(' | '<' => depth -= 1,
            _ => {}
        }
        *letter == ',' && depth == 0
    })?;
    let (key, value) = inner.split_at(comma.0);
    Some((
        key.trim().to_owned(),
        value.trim_start_matches(',').trim().to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &str, body: &str) -> Result<String> {
        let code = format!(
            "struct Record {{ {fields} }}
            impl Packed for Record {{
                const LAYOUT: u8 = 2;
                fn pack(&self, writer: &mut Writer) {{ {body} }}
            }}"
        );
        let mut layouts = of_file(&syn::parse_file(&code)?)?;
        let layout = layouts.remove("Record").context("no Record")?;
        assert_eq!(layout.number.as_deref(), Some("2"));
        Ok(layout.text)
    }

    #[test]
    fn what_is_written_in_a_way_that_is_not_known_is_an_error() {
        let unknown = [
            "writer.u64(self.a * 2);",
            "writer.i64(self.a);",
            "writer.raw(&self.a);",
            "pack_magic(writer, &self.a);",
            "pack_option(writer, self.a.as_ref());",
            "if self.a > 0 { writer.u64(self.a); }",
            "self.b.pack(writer);",
        ];
        for body in unknown {
            assert!(read("a: u64", body).is_err(), "{body}");
        }
    }

    #[test]
    fn fields_are_named_in_the_order_in_which_they_are_written() -> Result<()> {
        let body = "
            writer.u64(self.last.0.saturating_sub(self.first.0));
            writer.raw(self.id.as_bytes());
            pack_option(writer, self.end.as_ref(), |writer, at| writer.u64(*at));
            pack_list(writer, &self.lanes, |writer, lane| { writer.u64(lane.who); pack_bool(writer, lane.on); });
            for weight in &self.weights { writer.u64((*weight).into()); }
            match self.state { State::On => writer.byte(0), State::Off { since } => { writer.byte(1); writer.u64(since); } }
            self.sums.pack(writer);
            let week = self.last.week();
            writer.u64(week.since(self.first));
            pack_list(writer, &self.lanes, |writer, (who, lane)| { writer.u64(who); lane.pack_before(writer, week); });";
        let fields = "first: u64, last: u64, id: BlobId, end: Option<u64>, lanes: Vec<Lane>, weights: Vec<u16>, \
                      state: State, sums: Sums";
        assert_eq!(
            read(fields, body)?,
            "(last − first) ‖ id[32] ‖ [end] ‖ number of lanes ‖ each of lanes: (who ‖ on: flag) ‖ each of weights ‖ \
             state: (on: 0x00 | off: 0x01 ‖ since) ‖ sums: Sums ‖ (week of last − first) ‖ number of lanes ‖ \
             each of lanes: (who ‖ lane: Lane with (week of last − week) for its week)"
        );
        Ok(())
    }
}
