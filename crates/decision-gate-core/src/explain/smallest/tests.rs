//! The search against trying everything.

use proptest::prelude::*;

use super::*;

const ATOMS: usize = 6;

/// A gate's tree over few conditions, so that most stand in it more than once.
fn trees() -> impl Strategy<Value = Node> {
    let truth = prop::sample::select(vec![Truth::True, Truth::False, Truth::Unknown]);
    let movable = prop::sample::select(vec![true, true, true, false]);
    let leaf = (0..ATOMS, truth, movable).prop_map(|(atom, now, movable)| Node::Leaf(Leaf { atom, now, movable }));
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|part| Node::Not(Box::new(part))),
            prop::collection::vec(inner, 1..4)
                .prop_flat_map(|parts| (1..=parts.len(), Just(parts)))
                .prop_map(|(min, parts)| Node::Group { min, parts }),
        ]
    })
}

fn atoms() -> impl Strategy<Value = Vec<Atom>> {
    let cost = prop_oneof![
        1 => Just(None),
        6 => (1..3_u32, 1..4_u32).prop_map(|(changes, trouble)| Some(Cost { changes, trouble })),
    ];
    let atom = (cost.clone(), cost).prop_map(|(to_false, to_true)| Atom { to_false, to_true });
    prop::collection::vec(atom, ATOMS)
}

fn goals() -> impl Strategy<Value = Vec<Goal>> {
    let want = prop::sample::select(vec![Want::True, Want::True, Want::False, Want::Decided]);
    let goal = (want.clone(), want).prop_map(|(first, second)| vec![(0, first), (1, second)]);
    prop::collection::vec(goal, 1..3)
}

fn puzzles() -> impl Strategy<Value = Puzzle> {
    (prop::collection::vec(trees(), 2), atoms()).prop_map(|(trees, atoms)| Puzzle { trees, atoms })
}

/// Every set of changes that conditions allow.
fn everything(puzzle: &Puzzle) -> Vec<Changes> {
    let mut all = vec![Changes::new()];
    for (atom, it) in puzzle.atoms.iter().enumerate() {
        let ways: Vec<bool> = [false, true].into_iter().filter(|to| it.cost(*to).is_some()).collect();
        let with = |changes: &Changes, to: bool| {
            let mut changes = changes.clone();
            changes.insert(atom, to);
            changes
        };
        all.extend(all.clone().iter().flat_map(|changes| ways.iter().map(|to| with(changes, *to)).collect::<Vec<_>>()));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// What is called the smallest is what trying everything finds, and nothing is found exactly where there is nothing.
    #[test]
    fn the_smallest_set_is_the_smallest_of_all(puzzle in puzzles(), goals in goals()) {
        let enough = |changes: &Changes| goals.iter().any(|goal| puzzle.reaches(goal, changes));
        let least = everything(&puzzle).iter().filter(|it| enough(it)).map(|it| puzzle.price(it).changes).min();
        match puzzle.solve(&goals, WORK) {
            Found::Nothing { shown } => prop_assert_eq!((shown, least), (true, None)),
            Found::Changes { changes, cost, smallest, goal } => {
                prop_assert!(smallest && puzzle.reaches(&goals[goal], &changes));
                prop_assert_eq!((Some(cost.changes), cost), (least, puzzle.price(&changes)));
            }
        }
    }

    /// Beyond the limit of work a set that is given does all the same, and no part of it does.
    #[test]
    fn beyond_the_limit_no_part_of_the_set_does(puzzle in puzzles(), goals in goals(), limit in 0..40_usize) {
        let enough = |changes: &Changes| goals.iter().any(|goal| puzzle.reaches(goal, changes));
        if let Found::Changes { changes, .. } = puzzle.solve(&goals, limit) {
            prop_assert!(enough(&changes));
            let parts = everything(&puzzle).into_iter().filter(|part| {
                part.len() < changes.len() && part.iter().all(|(atom, to)| changes.get(atom) == Some(to))
            });
            for part in parts {
                prop_assert!(!enough(&part), "{part:?} of {changes:?}");
            }
        }
    }

    /// The same puzzle, the same answer.
    #[test]
    fn the_search_is_deterministic(puzzle in puzzles(), goals in goals()) {
        prop_assert_eq!(puzzle.solve(&goals, WORK), puzzle.solve(&goals, WORK));
    }
}

fn leaf(atom: usize) -> Node {
    Node::Leaf(Leaf { atom, now: Truth::Unknown, movable: true })
}

fn even(atoms: usize, trees: Vec<Node>) -> Puzzle {
    let cost = Some(Cost { changes: 1, trouble: 1 });
    Puzzle { trees, atoms: vec![Atom { to_false: cost, to_true: cost }; atoms] }
}

/// A gate of five hundred conditions that stand in it once costs one walk.
#[test]
fn where_nothing_repeats_one_walk_is_enough() {
    let parts: Vec<_> = (0..500).map(leaf).collect();
    let puzzle = even(500, vec![Node::Group { min: 300, parts }]);
    let Found::Changes { changes, smallest, .. } = puzzle.solve(&[vec![(0, Want::True)]], 1_000) else {
        panic!("nothing found");
    };
    assert_eq!((changes.len(), smallest), (300, true));
}

/// Every pair of twenty conditions: to cover them all takes nineteen. Far more ways than the limit allows to try; what
/// is given then is honest about it.
#[test]
fn what_is_not_proved_is_not_called_the_smallest() {
    let pairs =
        (0..20).flat_map(|one| (0..one).map(move |two| Node::Group { min: 1, parts: vec![leaf(one), leaf(two)] }));
    let parts: Vec<_> = pairs.collect();
    let puzzle = even(20, vec![Node::Group { min: parts.len(), parts }]);
    let goal = vec![(0, Want::True)];
    let Found::Changes { changes, smallest, .. } = puzzle.solve(std::slice::from_ref(&goal), 2_000) else {
        panic!("nothing found");
    };
    assert_eq!((changes.len(), smallest), (19, false));
    let without = |atom: &usize| {
        let mut fewer = changes.clone();
        fewer.remove(atom);
        fewer
    };
    assert!(changes.keys().all(|atom| !puzzle.reaches(&goal, &without(atom))));
}
