use aliquot_runner::services::inventory::{Capacity, Inventory, Short};

use crate::services_are_priced_exactly::{GIB, attribute, inventory, unit};

#[test]
fn leases_that_exist_keep_their_gpus() {
    let inventory = inventory();
    let units = [unit(1, 1, 1)];
    assert_eq!(inventory.hold("a", &units, &[3]).unwrap().gpus, [(1, vec![3])], "the one that its container has");
    assert_eq!(inventory.reserve("b", &units).unwrap().gpus, [(1, vec![0])]);
    assert_eq!(inventory.reserve("c", &units).unwrap().gpus, [(1, vec![1])], "any one of the wanted kinds");
    assert_eq!(inventory.reserve("d", &units), Err(Short::Gpus { wanted: 1, free: 0 }));
    // A machine that was made smaller still honours what was promised.
    let many = [unit(1, 8, 0)];
    assert!(matches!(inventory.reserve("e", &many), Err(Short::Of { .. })));
    assert!(inventory.hold("e", &many, &[]).is_ok());
    assert_eq!(inventory.free()["cpu"], 0);
    let mut ram = unit(1, 1, 0);
    ram.resources.as_mut().unwrap().storage[0].attributes = vec![attribute("class", "ram")];
    let small = Inventory::new(Capacity { cpu_millis: 500, memory_mib: 5 * 1024, endpoints: 1, ..Capacity::default() });
    let short = small.reserve("f", &[ram]).unwrap_err();
    assert_eq!(short, Short::Of { what: "memory".into(), wanted: 6 * GIB, free: 5 * GIB }, "it is memory");
}
