//! A frame in its canonical form: what it is called, without where it happened to lie.
//!
//! Addresses and offsets change with every start and every build, so they are taken off; a frame of which only the
//! address is known is named by its module, as `[libc.so.6]`, or is `[unknown]`, and such a frame is no symbol. The
//! form of a form is itself.

/// A frame of which nothing is known.
const UNKNOWN: &str = "[unknown]";

/// What the name of a frame of the kernel ends with.
const KERNEL_MARK: &str = "_[k]";

/// Other marks that the folding scripts put behind names: inlined, compiled at run time, woken from.
const MARKS: [&str; 3] = ["_[i]", "_[j]", "_[w]"];

/// Names where the kernel begins, on the way from the root to the leaf.
const KERNEL_ENTRIES: [&str; 9] = [
    "entry_SYSCALL_64",
    "entry_SYSCALL_compat",
    "asm_sysvec_",
    "asm_exc_",
    "asm_common_interrupt",
    "ret_from_fork",
    "secondary_startup_64",
    "common_startup_64",
    "el0t_64_",
];

/// The canonical form of a name in a module, at most about `limit` bytes long.
pub(super) fn canonical(name: &str, module: Option<&str>, limit: usize) -> String {
    let module = module.map(basename).filter(|it| !it.is_empty() && *it != UNKNOWN && *it != "inlined");
    let (name, marked) = stripped(name);
    let mut kernel = marked || module.is_some_and(|it| it.starts_with("[kernel") || it.starts_with("[guest.kernel"));
    let mut form = match module {
        Some(module) if name.is_empty() || name == UNKNOWN || is_address(name) => {
            format!("[{}]", module.trim_matches(['[', ']']))
        }
        _ if is_address(name) => UNKNOWN.to_owned(),
        _ => name.to_owned(),
    };
    // What one pass leaves may again end in an offset; each pass but the first makes it shorter.
    loop {
        let cleaned = clean(&form, limit);
        let (short, marked) = stripped(&cleaned);
        kernel |= marked;
        let short = if matches!(short, "" | "?") || is_address(short) { UNKNOWN } else { short };
        if short == form {
            break;
        }
        short.clone_into(&mut form);
    }
    if kernel {
        form.push_str(KERNEL_MARK);
    }
    form
}

/// Whether a frame has a name of its own.
pub(crate) fn is_resolved(frame: &str) -> bool {
    let name = frame.strip_suffix(KERNEL_MARK).unwrap_or(frame);
    !(name.starts_with('[') && name.ends_with(']'))
}

/// Where in a path the kernel begins; the length of the path where it does not.
pub(crate) fn kernel_from(path: &[String]) -> usize {
    path.iter().position(|it| is_kernel(it)).unwrap_or(path.len())
}

/// Whether a frame is of the kernel, by its mark or as one of its entries.
pub(super) fn is_kernel(frame: &str) -> bool {
    frame.ends_with(KERNEL_MARK) || KERNEL_ENTRIES.iter().any(|it| frame.starts_with(it))
}

/// The name of a frame of the kernel without its mark.
pub(super) fn without_mark(frame: &str) -> &str {
    frame.strip_suffix(KERNEL_MARK).unwrap_or(frame)
}

fn basename(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The name without the marks and the offsets at its end, and whether it was marked as one of the kernel.
fn stripped(name: &str) -> (&str, bool) {
    let (mut name, mut kernel) = (name, false);
    loop {
        let mut short = name.trim();
        for mark in MARKS {
            short = short.strip_suffix(mark).unwrap_or(short);
        }
        if let Some(before) = short.strip_suffix(KERNEL_MARK) {
            (short, kernel) = (before, true);
        }
        if let Some((before, offset)) = short.rsplit_once('+')
            && !before.is_empty()
            && is_offset(offset)
        {
            short = before;
        }
        if short == name {
            return (name, kernel);
        }
        name = short;
    }
}

fn is_offset(text: &str) -> bool {
    match text.strip_prefix("0x") {
        Some(digits) => !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_hexdigit()),
        None => !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit()),
    }
}

/// `0x` and digits, or at least eight hexadecimal digits with a decimal one among them and nothing else.
fn is_address(text: &str) -> bool {
    let hex = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.strip_prefix("0x") {
        Some(digits) => hex(digits),
        None => text.len() >= 8 && hex(text) && text.bytes().any(|byte| byte.is_ascii_digit()),
    }
}

/// Replaces what would break a folded line, takes addresses and line numbers out of the text, and cuts it.
fn clean(name: &str, limit: usize) -> String {
    let mut form = String::with_capacity(name.len().min(limit));
    let mut rest = name;
    while let Some(it) = rest.chars().next() {
        if form.len() >= limit {
            break;
        }
        let after = rest.get(it.len_utf8()..).unwrap_or_default();
        let digits = after.strip_prefix('x').map_or(0, |it| it.bytes().take_while(u8::is_ascii_hexdigit).count());
        if it == '0' && digits >= 6 {
            form.push('?');
            rest = after.get(1 + digits..).unwrap_or_default();
            continue;
        }
        // `name (file:12)`: the same function on another line.
        let is_line = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        if it == ':' && after.strip_suffix(')').is_some_and(is_line) {
            form.push(')');
            break;
        }
        form.push(if it == ';' || it.is_control() || it == '\u{2028}' || it == '\u{2029}' { '_' } else { it });
        rest = after;
    }
    form.truncate(form.trim_end().len());
    form
}
