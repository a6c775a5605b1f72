use hub_simulate::*;
fn main() -> anyhow::Result<()> {
    let s = scenario::Scenario::load(std::path::Path::new(&std::env::args().nth(1).unwrap()))?;
    let g = gas::Snapshot::load(&project_file("gas/snapshot.json"))?;
    let t = std::time::Instant::now();
    let o = run(&s, &g, |d| if d%10==0 { eprint!("{d}:{:.1} ", t.elapsed().as_secs_f32())})?;
    println!("{:?}\n{:?}", o.chain, o.glance);
    for r in judge::RULES { let v = judge::verdict(&o, r); println!("{v:?} {} {}", v.precision(), v.recall()); }
    for r in judge::ORDERS { println!("{r:?} {:.2} {:.2} {:.2}", judge::overlap(&o, r, 10), judge::overlap(&o, r, 50), judge::overlap(&o, r, 100)); }
    println!("spearman {}", judge::rank_correlation(&o));
    for f in judge::fakings(&o) { println!("{f:?}"); }
    let d = o.days.last().unwrap(); println!("{d:?}"); for w in &o.weeks { println!("{w:?}"); }
    let mut inc: Vec<_> = o.models.iter().map(|m| m.demand.income).collect(); inc.sort(); inc.reverse(); println!("{:?}", &inc[..20]); println!("{}", inc.iter().sum::<u128>());
    Ok(())
}
