//! Results of jobs, by the real kernel on tiny scenes: most providers are honest, some cheat, are late or fall silent.

use super::{
    life::{Draft, Life},
    offers::hand_of,
};
use aliquot::ids::LeaseKey;
use aliquot_kernels::{Kernel, merkle};
use aliquot_proto::compute::v1::{Job, JobPhase, MsgCommitResult, MsgOpenSamples, Openings};
use rand::seq::IteratorRandom;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

struct Scene {
    text: Vec<u8>,
    hash: Vec<u8>,
    outputs: Vec<Vec<u8>>,
}

static SCENES: LazyLock<Vec<Scene>> = LazyLock::new(|| ["16 16", "33 17", "40 30"].into_iter().map(scene).collect());

fn scene(size: &str) -> Scene {
    let text = format!(
        "size {size}\ncamera from 3 1 4 look 0 0.5 0 zoom 1\nlight at 2 5 3 color #ffffff\n\
         sphere at 0 0.5 0 radius 0.7 color #3c9\nplane y 0 checker #fff #000 size 0.3\n"
    );
    let job = Kernel::RenderQ16.prepare(text.as_bytes()).unwrap();
    let outputs = (0..job.chunks()).map(|index| job.run(index)).collect();
    Scene { hash: Sha256::digest(&text).to_vec(), text: text.into(), outputs }
}

pub fn input(life: &mut Life) -> Vec<u8> {
    SCENES.iter().choose(&mut life.rng).unwrap().text.clone()
}

/// What a provider does about one job.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Honest,
    /// Commits and opens a wrong result.
    Wrong,
    /// Opens the right chunks, which are not those it committed.
    Switched,
    NeverCommits,
    NeverOpens,
}

/// Decided by the lease's name: the same at commit and opening.
fn style(name: &str) -> Style {
    match Sha256::digest(name)[0] % 32 {
        0 | 1 => Style::Wrong,
        2 => Style::Switched,
        3 | 4 => Style::NeverCommits,
        5 | 6 => Style::NeverOpens,
        _ => Style::Honest,
    }
}

/// All chunks of a job's result, right or with one wrong bit each; none for a scene that was spoilt into another.
fn outputs(job: &Job, right: bool) -> Option<Vec<Vec<u8>>> {
    let scene = SCENES.iter().find(|scene| scene.hash == job.input_hash)?;
    let mut outputs = scene.outputs.clone();
    if !right {
        outputs.iter_mut().for_each(|output| output[7] ^= 4);
    }
    Some(outputs)
}

fn tree(name: &str, outputs: &[Vec<u8>]) -> merkle::Tree {
    let leaf =
        |(index, output): (usize, &Vec<u8>)| merkle::leaf_hash("RENDER_Q16", name.as_bytes(), index as u32, output);
    merkle::Tree::new(outputs.iter().enumerate().map(leaf).collect()).unwrap()
}

/// A job in this phase whose provider does not do what `but` says.
fn job_in(life: &mut Life, phase: JobPhase, but: Style) -> Option<(LeaseKey, Job)> {
    let waiting = life.mirror.jobs.iter().filter(|(_, job)| job.phase() == phase);
    let (key, job) = waiting.filter(|(key, _)| style(&key.to_string()) != but).choose(&mut life.rng)?;
    let (key, job) = (*key, job.clone());
    life.claim(format!("job {key}")).then_some((key, job))
}

pub fn commit_result(life: &mut Life) -> Option<Draft> {
    let (key, job) = job_in(life, JobPhase::Leased, Style::NeverCommits)?;
    let (name, signer) = (key.to_string(), hand_of(life, &key.provider.to_string()));
    let wrong = matches!(style(&name), Style::Wrong | Style::Switched);
    let root = tree(&name, &outputs(&job, !wrong)?).root().to_vec();
    Draft::of(&signer, &MsgCommitResult { signer: signer.clone(), id: Some(key.id()), root })
}

pub fn open_samples(life: &mut Life) -> Option<Draft> {
    let (key, job) = job_in(life, JobPhase::Sampled, Style::NeverOpens)?;
    let (name, signer) = (key.to_string(), hand_of(life, &key.provider.to_string()));
    let outputs = outputs(&job, style(&name) != Style::Wrong)?;
    let path = tree(&name, &outputs).multiproof(&job.sampled).unwrap();
    let openings = Openings {
        outputs: job.sampled.iter().map(|index| outputs[*index as usize].clone()).collect(),
        path: path.iter().map(|hash| hash.to_vec()).collect(),
    };
    let msg = MsgOpenSamples { signer: signer.clone(), id: Some(key.id()), openings: Some(openings) };
    Draft::of(&signer, &msg)?.gas(20_000_000)
}
