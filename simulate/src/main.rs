use hub_simulate::*;
fn main() -> anyhow::Result<()> {
    let s = scenario::Scenario::load(std::path::Path::new(&std::env::args().nth(1).unwrap()))?;
    let g = gas::Snapshot::load(&project_file("gas/snapshot.json"))?;
    let t = std::time::Instant::now();
    run(&s, &g, |d| eprint!("{d}:{:.1} ", t.elapsed().as_secs_f32()))
}
