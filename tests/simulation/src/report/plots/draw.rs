use std::fmt::Display;
use std::ops::Range;

use anyhow::{anyhow, Result};
use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::series::LineSeries;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    register_font, Color, FontStyle, IntoFont, RGBColor, TextStyle, BLACK, WHITE,
};

use super::{Axis, Plot, Scale, Series, Shape};
use crate::report::text::count;

const FONT: &str = "sans-serif";
const TITLE_SIZE: f64 = 17.0;
const TEXT_SIZE: f64 = 13.0;
/// Heights of the strips above a plot.
const TITLE_HEIGHT: u32 = 34;
const LEGEND_HEIGHT: u32 = 24;
const LEFT: i32 = 14;
const GRID: RGBColor = RGBColor(225, 225, 225);
/// Room for names of rows.
const ROW_NAMES: i32 = 250;
/// Letters of a line of such a name.
const ROW_LETTERS: usize = 36;

/// Makes the font known; both canvases measure by it, and the picture is written in it.
pub fn prepare() -> Result<()> {
    register_font(FONT, FontStyle::Normal, dejavu::sans::regular())
        .map_err(|_| anyhow!("the font is no font"))
}

/// Draws a plot with its title and legend.
pub fn plot<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, plot: &Plot) -> Result<()> {
    area.fill(&WHITE).map_err(failed)?;
    let (title, rest) = area.split_vertically(TITLE_HEIGHT);
    let style = text(TITLE_SIZE, BLACK);
    title
        .draw(&Text::new(plot.title.clone(), (LEFT, 12), style))
        .map_err(failed)?;
    let (names, body) = rest.split_vertically(LEGEND_HEIGHT);
    legend(&names, &plot.series)?;
    if plot.y.scale == Scale::Rows {
        bars(&body, plot)
    } else {
        points(&body, plot)
    }
}

fn legend<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, series: &[Series]) -> Result<()> {
    let mut left = LEFT;
    for series in series {
        let style = text(TEXT_SIZE, BLACK);
        let (width, _) = area
            .estimate_text_size(series.name, &style)
            .map_err(failed)?;
        match series.shape {
            Shape::Line(_) => {
                let ends = vec![(left, 9), (left + 16, 9)];
                let stroke = series.color.stroke_width(2);
                area.draw(&PathElement::new(ends, stroke)).map_err(failed)?;
            }
            Shape::Dots(_) | Shape::Marks(_) => {
                area.draw(&Circle::new((left + 8, 9), 4, series.color.filled()))
                    .map_err(failed)?;
            }
            Shape::Bars { .. } => {
                let corners = [(left, 4), (left + 16, 14)];
                area.draw(&Rectangle::new(corners, series.color.filled()))
                    .map_err(failed)?;
            }
        }
        area.draw(&Text::new(series.name, (left + 22, 2), style))
            .map_err(failed)?;
        left += 22 + width as i32 + 22;
    }
    Ok(())
}

fn points<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, plot: &Plot) -> Result<()> {
    let (x, y) = (extent(plot, &plot.x, 0), extent(plot, &plot.y, 1));
    let mut chart = ChartBuilder::on(area)
        .margin(LEFT)
        .margin_top(6)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(x.clone(), y.clone())
        .map_err(failed)?;
    let (x_label, y_label) = (labels(&plot.x, &x), labels(&plot.y, &y));
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .bold_line_style(GRID)
        .axis_style(RGBColor(120, 120, 120))
        .label_style(text(TEXT_SIZE, BLACK))
        .axis_desc_style(text(TEXT_SIZE, BLACK))
        .x_desc(plot.x.name)
        .y_desc(plot.y.name)
        .x_labels(marks(&plot.x, &x))
        .y_labels(marks(&plot.y, &y))
        .x_label_formatter(&x_label)
        .y_label_formatter(&y_label)
        .draw()
        .map_err(failed)?;
    for series in &plot.series {
        let at = |place: (f64, f64)| (on(&plot.x, &x, place.0), on(&plot.y, &y, place.1));
        match &series.shape {
            Shape::Line(points) => {
                let line = points.iter().map(|point| at(*point));
                let stroke = series.color.stroke_width(2);
                chart
                    .draw_series(LineSeries::new(line, stroke))
                    .map_err(failed)?;
            }
            Shape::Dots(points) => {
                let dot = |point: &(f64, f64)| {
                    Circle::new(at(*point), 3, series.color.mix(0.65).filled())
                };
                chart.draw_series(points.iter().map(dot)).map_err(failed)?;
            }
            Shape::Marks(points) => {
                let dot = |(x, y, _): &(f64, f64, String)| {
                    Circle::new(at((*x, *y)), 4, series.color.filled())
                };
                chart.draw_series(points.iter().map(dot)).map_err(failed)?;
                let style = text(TEXT_SIZE, BLACK).pos(Pos::new(HPos::Center, VPos::Bottom));
                // Marks that lie together share a line of numbers.
                let mut drawn: Vec<((f64, f64), String)> = vec![];
                for (x, y, name) in points {
                    let place = at((*x, *y));
                    let near = |other: &&mut ((f64, f64), String)| {
                        (other.0 .0 - place.0).abs() < 0.18 && (other.0 .1 - place.1).abs() < 0.35
                    };
                    match drawn.iter_mut().find(near) {
                        Some((_, names)) => *names = format!("{names}, {name}"),
                        None => drawn.push((place, name.clone())),
                    }
                }
                let lift = (y.end - y.start) / 45.0;
                let mark = |((x, y), names): ((f64, f64), String)| {
                    Text::new(names, (x, y + lift), style.clone())
                };
                chart
                    .draw_series(drawn.into_iter().map(mark))
                    .map_err(failed)?;
            }
            Shape::Bars { .. } => {}
        }
    }
    Ok(())
}

/// Bars to the right, with the number behind each and the name of the row before it.
fn bars<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, plot: &Plot) -> Result<()> {
    let (width, height) = area.dim_in_pixel();
    let (width, height) = (width as i32, height as i32);
    let room = f64::from(width - ROW_NAMES - 70);
    for series in &plot.series {
        let Shape::Bars { place, of, bars } = &series.shape else {
            continue;
        };
        let step = (height - 20) / bars.len().max(1) as i32;
        let thick = (step - 14) / *of as i32;
        for (row, (name, value)) in bars.iter().enumerate() {
            let top = 6 + step * row as i32;
            if *place == 0 {
                for (number, part) in wrapped(name).into_iter().enumerate() {
                    let at = (LEFT, top + 4 + 16 * number as i32);
                    area.draw(&Text::new(part, at, text(TEXT_SIZE, BLACK)))
                        .map_err(failed)?;
                }
            }
            let upper = top + thick * *place as i32;
            let right = ROW_NAMES + libm::round(room * value / 100.0) as i32;
            let corners = [(ROW_NAMES, upper), (right, upper + thick - 3)];
            area.draw(&Rectangle::new(corners, series.color.filled()))
                .map_err(failed)?;
            let style = text(TEXT_SIZE, BLACK).pos(Pos::new(HPos::Left, VPos::Center));
            let number = format!("{value:.1} %");
            area.draw(&Text::new(number, (right + 6, upper + thick / 2), style))
                .map_err(failed)?;
        }
    }
    Ok(())
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= ROW_LETTERS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn text(size: f64, color: RGBColor) -> TextStyle<'static> {
    (FONT, size).into_font().color(&color)
}

/// The part of an axis that holds all numbers: from 0, or between powers of ten.
fn extent(plot: &Plot, axis: &Axis, dimension: usize) -> Range<f64> {
    let mut numbers: Vec<f64> = vec![];
    for series in &plot.series {
        let pick = |(x, y): (f64, f64)| if dimension == 0 { x } else { y };
        match &series.shape {
            Shape::Line(points) | Shape::Dots(points) => {
                numbers.extend(points.iter().map(|point| pick(*point)));
            }
            Shape::Marks(points) => numbers.extend(points.iter().map(|(x, y, _)| pick((*x, *y)))),
            Shape::Bars { .. } => {}
        }
    }
    let most = numbers.iter().copied().fold(0.0, f64::max);
    match axis.scale {
        Scale::Powers => {
            let least = numbers
                .iter()
                .copied()
                .filter(|number| *number > super::DUST);
            let least = least.fold(f64::MAX, f64::min);
            if least > most {
                return -1.0..1.0;
            }
            // One power of ten below the least stands for none.
            let from = libm::floor(libm::log10(least)) - 1.0;
            from..libm::ceil(libm::log10(most)).max(from + 2.0)
        }
        Scale::Linear | Scale::Rows => 0.0..(most * 1.05).max(1.0),
    }
}

/// Where a number lies on an axis.
fn on(axis: &Axis, extent: &Range<f64>, number: f64) -> f64 {
    match axis.scale {
        Scale::Powers if number > super::DUST => libm::log10(number),
        Scale::Powers => extent.start,
        Scale::Linear | Scale::Rows => number,
    }
}

fn marks(axis: &Axis, extent: &Range<f64>) -> usize {
    match axis.scale {
        Scale::Powers => (extent.end - extent.start) as usize + 1,
        Scale::Linear | Scale::Rows => 9,
    }
}

fn labels(axis: &Axis, extent: &Range<f64>) -> impl Fn(&f64) -> String {
    let (scale, start) = (axis.scale, extent.start);
    move |number| match scale {
        Scale::Powers if *number == start => "none".to_owned(),
        Scale::Powers if *number != libm::round(*number) => String::new(),
        Scale::Powers => power(*number),
        Scale::Linear | Scale::Rows => count(*number),
    }
}

/// A power of ten, as short as it is read.
fn power(exponent: f64) -> String {
    let number = libm::pow(10.0, exponent);
    if exponent < 0.0 {
        format!("{number:.*}", libm::round(-exponent) as usize)
    } else if exponent >= 6.0 {
        format!("{:.0} M", number / 1e6)
    } else {
        count(number)
    }
}

fn failed(error: impl Display) -> anyhow::Error {
    anyhow!("a plot cannot be drawn: {error}")
}
