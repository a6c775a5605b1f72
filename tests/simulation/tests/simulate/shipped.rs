use hub_simulate::project_file;
use hub_simulate::report::Report;
use hub_simulate::scenario::Scenario;

use crate::stage::small;

#[test]
fn every_shipped_scenario_is_read_and_named_by_what_it_shows() {
    let mut names = vec![];
    for entry in std::fs::read_dir(project_file("tests/simulation/scenarios")).unwrap() {
        let scenario = Scenario::load(&entry.unwrap().path()).unwrap();
        assert!(!scenario.about.is_empty() && !scenario.about.ends_with('.'));
        names.push(scenario.name);
    }
    names.sort();
    let shipped = [
        "belief",
        "dead-warehouse",
        "large",
        "live-market",
        "small",
        "vast",
        "wash-rings",
    ];
    assert_eq!(names, shipped);
}

#[test]
fn the_page_needs_no_network_and_holds_every_plot() {
    let report = Report::of(small()).unwrap();
    let (_, page) = report
        .files()
        .find(|(name, _)| *name == "report.html")
        .unwrap();
    let page = std::str::from_utf8(page).unwrap();
    assert_eq!(page.matches("<svg").count(), 8);
    assert_eq!(page.matches("</svg>").count(), 8);
    for foreign in ["src=", "href=", "url(", "<script", "@import", "NaN", "inf"] {
        assert!(!page.contains(foreign), "{foreign} is in the page");
    }
    for fake in &small().scenario.fakes {
        let cell = format!(". {}</td>", fake.name);
        assert_eq!(page.matches(&cell).count(), 2, "{cell}");
    }
}

#[test]
fn the_picture_is_a_png_and_the_tables_have_a_row_for_everything() {
    let report = Report::of(small()).unwrap();
    let file = |wanted: &str| {
        let found = report.files().find(|(name, _)| *name == wanted);
        found.unwrap().1.to_vec()
    };
    assert_eq!(&file("overview.png")[..8], b"\x89PNG\r\n\x1a\n");
    let rows = |name| String::from_utf8(file(name)).unwrap().lines().count() - 1;
    assert_eq!(rows("days.csv"), small().days.len());
    assert_eq!(rows("weeks.csv"), small().weeks.len());
    assert_eq!(rows("models.csv"), small().models.len());
    assert_eq!(rows("fakes.csv"), small().scenario.fakes.len());
}
