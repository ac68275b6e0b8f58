//! Folded stacks: `main;read;parse 12`, a stack a line, as the flame graph scripts and many profilers write them.

use super::{Paths, lines};
use crate::builders::fault::{TraceFault, Where};

pub(super) fn read(input: &[u8], paths: &mut Paths) -> Result<(), TraceFault> {
    for (number, line) in lines(input) {
        let line = line?.trim_end();
        if line.is_empty() {
            continue;
        }
        let (stack, count) =
            line.rsplit_once(' ').ok_or(TraceFault::malformed(number, "a stack, a space and a count"))?;
        let count = super::count(count).ok_or(TraceFault::malformed(number, "a whole number after the last space"))?;
        let frames = stack.split(';').count();
        paths.check_frames(frames, Where::Line(number))?;
        if stack.split(';').any(|it| it.trim().is_empty()) {
            return Err(TraceFault::malformed(number, "a name in each frame"));
        }
        let path = stack.split(';').map(|it| paths.frame(it, None)).collect();
        paths.add(path, count, Where::Line(number))?;
    }
    Ok(())
}
