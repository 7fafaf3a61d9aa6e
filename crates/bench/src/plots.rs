//! The plots of docs/performance.md: the time of a payment as the load grows, and as more
//! transactions are stored.

use std::fs;
use std::path::Path;
use std::time::Duration;

use plotters::prelude::*;
use xtask::process::root;
use xtask::{Outcome, say};

use crate::contender::open;
use crate::load::{Supply, load, timetable};
use crate::options::Options;
use crate::partner::{self, Format};
use crate::runtime::under_load;
use crate::score::Score;
use crate::server::Server;
use crate::{machine, midnight, stored};

/// The loads, in hundredths of the peak rate.
const OFFERED: [u32; 9] = [10, 25, 40, 50, 60, 70, 80, 90, 100];

/// The numbers of stored transactions, besides an empty database.
const STORED: [u32; 4] = [100_000, 500_000, 2_000_000, 5_000_000];

const DIRECTORY: &str = "docs/performance";
const SIZE: (u32, u32) = (720, 400);

/// Inquiries that are paid before the measurement begins.
const WARM_UP: usize = 20_000;

/// More series of `ref_id`s than the plots need, unless midnight repeats some turns.
const SERIES: u64 = 1_000;

/// The result at one load.
struct Point {
    offered: f64,
    score: Score,
}

/// Measures, prints and draws.
pub(crate) fn run(directory: &Path, options: Options) -> Outcome {
    let points = under_offered_load(directory, options)?;
    say!("{:>12}{:>12}{:>12}{:>12}", "offered/s", "paid/s", "p50", "p99");
    for Point { offered, score } in &points {
        let (p50, p99) = (score.p50, score.p99);
        say!("{offered:>12.0}{:>12.0}{p50:>12.2?}{p99:>12.2?}", score.rate);
    }
    let costs = STORED.map(|count| Ok((count, stored::measure(directory, options, count)?)));
    let costs = costs.into_iter().collect::<Result<Vec<_>, String>>()?;
    let to = root().join(DIRECTORY);
    fs::create_dir_all(&to).map_err(|error| format!("{to:?}: {error}"))?;
    draw_load(&to.join("load.svg"), &points).map_err(|error| format!("load.svg: {error}"))?;
    let rates: Vec<_> = costs.iter().map(|(count, cost)| (f64::from(*count), cost.rate)).collect();
    let medians: Vec<_> =
        costs.iter().map(|(count, cost)| (f64::from(*count), cost.median)).collect();
    draw_stored(&to.join("stored.svg"), &rates, &medians)
        .map_err(|error| format!("stored.svg: {error}"))
}

/// The peak rate of 64 connections in a closed loop, then parts of it at fixed times.
fn under_offered_load(directory: &Path, options: Options) -> Result<Vec<Point>, String> {
    let scratch = directory.with_file_name("bench");
    machine::make_empty(&scratch)?;
    let sandbox = partner::sandbox(directory, &scratch.join("data"));
    let server = Server::start(sandbox, &scratch, "lunas")?;
    let (address, connections, length) = (server.address, options.connections, options.length);
    under_load(async {
        let mut peak: f64 = 0.0;
        for series in 0..3 {
            let supply = WARM_UP + (1.5 * peak * length.as_secs_f64()) as usize;
            let paid = midnight::within_a_day(midnight::now, async |attempt| {
                let series = series + attempt * SERIES;
                let payments = open(address, series, supply, 1, Format::Json).await?;
                load(&[address], connections, length, &payments, Supply::Once).await?.score()
            });
            peak = peak.max(paid.await?.rate);
        }
        let mut points = Vec::new();
        for (series, percent) in (3..).zip(OFFERED) {
            let offered = peak * f64::from(percent) / 100.0;
            let count = (offered * length.as_secs_f64()) as usize;
            let every = Duration::from_secs_f64(1.0 / offered);
            let score = midnight::within_a_day(midnight::now, async |attempt| {
                let series = series + attempt * SERIES;
                let payments = open(address, series, count, 1, Format::Json).await?;
                machine::sync_disks()?;
                timetable(address, connections, every, &payments).await?.score()
            });
            points.push(Point { offered, score: score.await? });
        }
        Ok(points)
    })
}

type DrawResult = Result<(), Box<dyn std::error::Error>>;

fn draw_load(file: &Path, points: &[Point]) -> DrawResult {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let (left, right) = area.split_horizontally(SIZE.0 / 2);
    let most = points.iter().fold(0.0, |most: f64, point| most.max(point.offered)) * 1.05;
    let paid = points.iter().map(|point| (point.offered, point.score.rate));
    let ideal = vec![(0.0, 0.0), (most, most)];
    let mut chart = framed(&left, "payments a second").build_cartesian_2d(0.0..most, 0.0..most)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(5)
        .x_label_formatter(&whole)
        .y_label_formatter(&short)
        .x_desc("offered a second")
        .draw()?;
    chart.draw_series(LineSeries::new(ideal, BLACK.mix(0.2)))?;
    chart.draw_series(LineSeries::new(paid, BLUE.stroke_width(2)))?;
    let slowest = points.iter().fold(0.0, |most: f64, point| most.max(millis(point.score.p99)));
    let mut chart = framed(&right, "milliseconds to the answer")
        .build_cartesian_2d(0.0..most, (0.1..slowest.max(1.0) * 1.2).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(5)
        .x_label_formatter(&whole)
        .y_label_formatter(&short)
        .x_desc("offered a second")
        .draw()?;
    for (name, colour, of) in [
        ("median", BLUE, (|score: &Score| millis(score.p50)) as fn(&Score) -> f64),
        ("99 of 100", RED, |score| millis(score.p99)),
    ] {
        let line = points.iter().map(|point| (point.offered, of(&point.score)));
        chart
            .draw_series(LineSeries::new(line, colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
    }
    chart.configure_series_labels().position(SeriesLabelPosition::UpperLeft).draw()?;
    Ok(area.present()?)
}

fn draw_stored(file: &Path, rates: &[(f64, f64)], medians: &[(f64, f64)]) -> DrawResult {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let most = STORED.iter().map(|count| f64::from(*count)).fold(0.0, f64::max) * 1.05;
    let mut chart =
        framed(&area, "to an empty database").build_cartesian_2d(0.0..most, 0.0..1.5)?;
    let in_millions = |count: &f64| format!("{:.0} M", count / 1e6);
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(6)
        .x_label_formatter(&in_millions)
        .x_desc("stored transactions")
        .draw()?;
    let lines =
        [("inquiries with payments a second", BLUE, rates), ("median of a payment", RED, medians)];
    for (name, colour, line) in lines {
        let from_empty = [(0.0, 1.0)].into_iter().chain(line.iter().copied());
        chart
            .draw_series(LineSeries::new(from_empty, colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
    }
    chart.configure_series_labels().position(SeriesLabelPosition::LowerRight).draw()?;
    Ok(area.present()?)
}

fn framed<'a, 'b, B: DrawingBackend>(
    area: &'a DrawingArea<B, plotters::coord::Shift>,
    caption: &'b str,
) -> ChartBuilder<'a, 'b, B> {
    let mut chart = ChartBuilder::on(area);
    chart.caption(caption, ("sans-serif", 16)).margin(12).margin_right(32);
    chart.x_label_area_size(40).y_label_area_size(52);
    chart
}

fn whole(value: &f64) -> String {
    format!("{value:.0}")
}

/// Small numbers with one decimal.
fn short(value: &f64) -> String {
    if *value < 1.0 { format!("{value:.1}") } else { whole(value) }
}

fn millis(time: Duration) -> f64 {
    1000.0 * time.as_secs_f64()
}
