//! The plots, each described once and drawn on either canvas: SVG for the page, pixels for the picture.

mod draw;

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use plotters::drawing::IntoDrawingArea;
use plotters::prelude::{BitMapBackend, SVGBackend};
use plotters::style::{RGBColor, WHITE};

use crate::judge::{dollars, fakings, verdict, Verdict, RULES};
use crate::outcome::{DayRow, ModelRow, Outcome, WeekRow};
use crate::report::tables::{self, rule_name};
use crate::scenario::Scheme;
use crate::world::Nature;

/// Size of a plot in the page.
const SIZE: (u32, u32) = (760, 400);

/// Plots beside and above one another in the picture.
const COLUMNS: usize = 2;

// Colours that people who see few of them still tell apart (Okabe and Ito).
const BLUE: RGBColor = RGBColor(0, 114, 178);
const ORANGE: RGBColor = RGBColor(230, 159, 0);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const RED: RGBColor = RGBColor(213, 94, 0);
const PURPLE: RGBColor = RGBColor(170, 90, 140);
const GREY: RGBColor = RGBColor(130, 130, 130);

/// Below this, dollars count as none where an axis is logarithmic.
const DUST: f64 = 1e-7;

/// One plot.
pub struct Plot {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
}

/// What an axis shows.
pub struct Axis {
    pub name: &'static str,
    pub scale: Scale,
}

/// How numbers lie on an axis.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Linear,
    /// By powers of ten; numbers below the axis lie at its beginning, which is named "none".
    Powers,
    /// Names of rows, from the top.
    Rows,
}

/// What belongs together in a plot.
pub struct Series {
    pub name: &'static str,
    pub color: RGBColor,
    pub shape: Shape,
}

/// How it is drawn.
pub enum Shape {
    Line(Vec<(f64, f64)>),
    Dots(Vec<(f64, f64)>),
    /// Dots with a text beside them.
    Marks(Vec<(f64, f64, String)>),
    /// Bars from 0, in rows of this many, with their place and the name of the row.
    Bars {
        place: usize,
        of: usize,
        bars: Vec<(String, f64)>,
    },
}

/// All plots, each as an SVG element.
pub fn svgs(outcome: &Outcome) -> Result<Vec<String>> {
    draw::prepare()?;
    let mut svgs = vec![];
    for plot in all(outcome) {
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
            draw::plot(&area, &plot)?;
            area.present().context("the plot is drawn")?;
        }
        svgs.push(svg);
    }
    Ok(svgs)
}

/// All plots in one PNG.
pub fn overview(outcome: &Outcome) -> Result<Vec<u8>> {
    draw::prepare()?;
    let plots = all(outcome);
    let rows = plots.len().div_ceil(COLUMNS);
    let (width, height) = (SIZE.0 * COLUMNS as u32, SIZE.1 * rows as u32);
    let mut pixels = vec![0; (width * height * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        area.fill(&WHITE).context("the picture is drawn")?;
        for (cell, plot) in area.split_evenly((rows, COLUMNS)).iter().zip(&plots) {
            draw::plot(cell, plot)?;
        }
        area.present().context("the picture is drawn")?;
    }
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

fn all(outcome: &Outcome) -> Vec<Plot> {
    vec![
        models(outcome),
        calls(outcome),
        income(outcome),
        payers(outcome),
        ranking(outcome),
        rules(outcome),
        shares(outcome),
        faking(outcome),
    ]
}

fn models(outcome: &Outcome) -> Plot {
    let (mut called, mut earning) = (0, 0);
    let mut lines = [vec![], vec![], vec![]];
    for row in &outcome.days {
        called += row.hub.models_called;
        earning += row.hub.models_earning;
        let day = row.day as f64;
        for (line, number) in lines.iter_mut().zip([row.registered, called, earning]) {
            line.push((day, number as f64));
        }
    }
    let [registered, called, earning] = lines;
    Plot {
        title: "Models stored, ever called, ever with aged income".to_owned(),
        x: axis("day", Scale::Linear),
        y: axis("models", Scale::Linear),
        series: vec![
            line("registered", GREY, registered),
            line("called", BLUE, called),
            line("with aged income", GREEN, earning),
        ],
    }
}

fn calls(outcome: &Outcome) -> Plot {
    let by_day = |of: &dyn Fn(&DayRow) -> u64| {
        let days = outcome.days.iter();
        days.map(|row| (row.day as f64, of(row) as f64)).collect()
    };
    Plot {
        title: "Calls a day".to_owned(),
        x: axis("day", Scale::Linear),
        y: axis("calls", Scale::Powers),
        series: vec![
            line("paid, on chain", BLUE, by_day(&|row| row.hub.calls)),
            line("free, on chain", ORANGE, by_day(&|row| row.hub.free_calls)),
            line(
                "truth: by independent people",
                GREY,
                by_day(&|row| row.true_calls),
            ),
        ],
    }
}

fn income(outcome: &Outcome) -> Plot {
    let by_day = |of: &dyn Fn(&DayRow) -> u128| {
        let days = outcome.days.iter();
        days.map(|row| (row.day as f64, dollars(of(row)))).collect()
    };
    Plot {
        title: "Income a day: gross, related, aged".to_owned(),
        x: axis("day", Scale::Linear),
        y: axis("dollars", Scale::Powers),
        series: vec![
            line("gross", BLUE, by_day(&|row| row.hub.gross.u128())),
            line("related", ORANGE, by_day(&|row| row.hub.related.u128())),
            line("aged", GREEN, by_day(&|row| row.hub.aged.u128())),
            line(
                "truth: from independent people",
                GREY,
                by_day(&|row| row.true_income),
            ),
        ],
    }
}

fn payers(outcome: &Outcome) -> Plot {
    let by_week = |of: &dyn Fn(&WeekRow) -> u64| {
        let weeks = (1..).zip(&outcome.weeks);
        weeks
            .map(|(place, row)| (f64::from(place), of(row) as f64))
            .collect()
    };
    Plot {
        title: "Payers a week, and those who paid in an earlier week".to_owned(),
        x: axis("week (the first and the last are not whole)", Scale::Linear),
        y: axis("payers", Scale::Linear),
        series: vec![
            line("payers", BLUE, by_week(&|row| row.hub.payers)),
            line("returning", GREEN, by_week(&|row| row.hub.returning)),
            line("truth: paid", GREY, by_week(&|row| row.true_payers)),
            line(
                "truth: returned",
                PURPLE,
                by_week(&|row| row.true_returning),
            ),
        ],
    }
}

fn ranking(outcome: &Outcome) -> Plot {
    let of = |wanted: &dyn Fn(&ModelRow) -> bool| {
        let mut seen = BTreeSet::new();
        let rows = outcome.models.iter().filter(|row| wanted(row));
        let dots = rows.map(|row| (dollars(row.demand.income), dollars(row.numbers.aged)));
        // Dots that would lie upon one another are drawn once.
        let mut once = |dot: &(f64, f64)| {
            let grid = |number: f64| libm::round(60.0 * libm::log10(number.max(DUST))) as i64;
            seen.insert((grid(dot.0), grid(dot.1)))
        };
        Shape::Dots(dots.filter(|dot| once(dot)).collect())
    };
    let patient = |row: &ModelRow| {
        outcome.plan_of(row).is_some_and(|plan| {
            matches!(outcome.scenario.fakes[plan].scheme, Scheme::Patient { .. })
        })
    };
    let fake = |row: &ModelRow| matches!(row.nature, Nature::Fake { .. });
    let series = |name, color, shape| Series { name, color, shape };
    Plot {
        title: "What the chain ranks by, against the truth".to_owned(),
        x: axis("dollars from independent people, in truth", Scale::Powers),
        y: axis("aged dollars", Scale::Powers),
        series: vec![
            series("wanted", BLUE, of(&|row| row.nature == Nature::Wanted)),
            series(
                "dead or free",
                GREY,
                of(&|row| matches!(row.nature, Nature::Dead | Nature::Free)),
            ),
            series("fake: patient", RED, of(&|row| patient(row))),
            series("fake: other", ORANGE, of(&|row| fake(row) && !patient(row))),
        ],
    }
}

fn rules(outcome: &Outcome) -> Plot {
    let bars = |of: &dyn Fn(&Verdict) -> f64| {
        let verdicts = RULES.map(|rule| verdict(outcome, rule));
        let bars = verdicts
            .iter()
            .map(|verdict| (rule_name(outcome, verdict.rule), of(verdict) * 100.0));
        bars.collect()
    };
    let series = |name, color, place, bars| Series {
        name,
        color,
        shape: Shape::Bars { place, of: 2, bars },
    };
    Plot {
        title: "Telling models that really earn: precision and recall".to_owned(),
        x: axis("percent", Scale::Linear),
        y: axis("", Scale::Rows),
        series: vec![
            series("precision", BLUE, 0, bars(&|verdict| verdict.precision())),
            series("recall", GREEN, 1, bars(&|verdict| verdict.recall())),
        ],
    }
}

fn shares(outcome: &Outcome) -> Plot {
    let shares = tables::shares(outcome);
    let bars = shares
        .iter()
        .map(|share| (share.name.to_owned(), share.part() * 100.0));
    Plot {
        title: "How much of each number the rings made".to_owned(),
        x: axis("percent", Scale::Linear),
        y: axis("", Scale::Rows),
        series: vec![Series {
            name: "made by rings, of the whole time",
            color: RED,
            shape: Shape::Bars {
                place: 0,
                of: 1,
                bars: bars.collect(),
            },
        }],
    }
}

fn faking(outcome: &Outcome) -> Plot {
    let marks = (1..).zip(fakings(outcome));
    let marks = marks.map(|(number, row)| (row.cost(), row.moved.aged, number.to_string()));
    Plot {
        title: "What faking cost a ring, and how far it moved its aged income".to_owned(),
        x: axis(
            "dollars of gas, interest and money kept by others",
            Scale::Powers,
        ),
        y: axis("aged dollars", Scale::Powers),
        series: vec![Series {
            name: "fakes, by number in the table",
            color: RED,
            shape: Shape::Marks(marks.collect()),
        }],
    }
}

fn axis(name: &'static str, scale: Scale) -> Axis {
    Axis { name, scale }
}

fn line(name: &'static str, color: RGBColor, points: Vec<(f64, f64)>) -> Series {
    Series {
        name,
        color,
        shape: Shape::Line(points),
    }
}
