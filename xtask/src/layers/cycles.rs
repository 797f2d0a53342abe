//! Cycles in a small directed graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The nodes that each node leads to.
pub type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Returns the shortest cycle of each set of nodes that all reach each other. The first node is not repeated.
pub fn find<'a>(graph: &Graph<'a>) -> Vec<Vec<&'a str>> {
    let mut shortest: BTreeMap<BTreeSet<&str>, Vec<&str>> = BTreeMap::new();
    for &node in graph.keys() {
        let Some(cycle) = shortest_through(graph, node) else { continue };
        let reached = reachable(graph, node);
        let group = reached.iter().copied().filter(|&other| reachable(graph, other).contains(node)).collect();
        match shortest.get(&group) {
            Some(known) if known.len() <= cycle.len() => {}
            _ => drop(shortest.insert(group, cycle)),
        }
    }
    shortest.into_values().collect()
}

fn next<'g, 'a>(graph: &'g Graph<'a>, node: &str) -> impl Iterator<Item = &'a str> + 'g {
    graph.get(node).into_iter().flatten().copied()
}

fn reachable<'a>(graph: &Graph<'a>, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(node) = open.pop() {
        open.extend(next(graph, node).filter(|&node| reached.insert(node)));
    }
    reached
}

/// Breadth-first search from a node back to itself.
fn shortest_through<'a>(graph: &Graph<'a>, start: &'a str) -> Option<Vec<&'a str>> {
    let mut open = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(path) = open.pop_front() {
        for node in next(graph, path[path.len() - 1]) {
            if node == start {
                return Some(path);
            }
            if seen.insert(node) {
                open.push_back([&path[..], &[node]].concat());
            }
        }
    }
    None
}
