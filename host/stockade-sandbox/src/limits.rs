//! Every limit of the sandbox, with what goes wrong without it and why this number.
//!
//! The limits are the same on every machine. They belong to whoever runs stockade: nothing in a scanned
//! repository may change them.

use std::time::Duration;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// What plugins may use up, and how much they may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a component file. Without it a huge file fills memory before anything looks at it.
    /// Python components have 18 MB; three times that leaves room.
    pub component_bytes: usize,
    /// Bytes of one function's code. The compiler takes more than linear time and memory in a function's size: a
    /// crafted megabyte takes 21 s and 1.1 GB. The largest function met in Python, JavaScript and Go components has
    /// 427 KB.
    pub function_bytes: usize,
    /// Local variables of one function. Largest met: 271.
    pub function_locals: usize,
    /// Loops of one function; the compiler's work grows with their square (4,000 take 10 s). Largest met: 392.
    pub function_loops: usize,
    /// Blocks, loops and conditions open at once in one function; nested loops are the costliest of all (2,000
    /// take minutes). Largest met: 781.
    pub function_nesting: usize,
    /// Conditions, conditional branches and targets of branch tables of one function. Largest met: 16,000.
    pub function_branches: usize,
    /// Locals times loops and branches of one function: where paths meet, the compiler merges every local, and
    /// that is what takes memory (2,000 by 2,000 took 3 GB). Largest met: 400,000.
    pub function_merges: usize,
    /// Wall-clock time for compiling one component; the backstop for crafted code that passes the
    /// limits above. A Python component took 54 s on a machine busy with other things.
    pub compile_time: Duration,
    /// Bytes of linear memory that one instance may have, all its memories together. Without it a plugin
    /// can use up the machine's memory; each thread may have an instance. Python with a large document
    /// stays below 100 MB.
    pub memory_bytes: usize,
    /// An instance whose memory has grown beyond this many bytes is not kept for the next call: memory
    /// never shrinks, and one large file should not cost its memory until the end of the run.
    pub kept_memory_bytes: usize,
    /// Memories of one instance. Each reserves 4 GiB of address space. Real components have one to three.
    pub memories: usize,
    /// Tables of one instance. Components built from shared libraries have dozens.
    pub tables: usize,
    /// Elements of all tables of one instance, 8 bytes each. CPython's function table has about 20,000.
    pub table_elements: usize,
    /// Core instances inside one component instance. Without it nested components multiply:
    /// each level may instantiate the next several times. Python components have about 60.
    pub instances: usize,
    /// Handles of the virtual WASI that one instance may hold at once: each takes memory of the host. Real runtimes
    /// hold a dozen.
    pub handles: usize,
    /// Bytes of native stack for a plugin's code. Without it deep recursion kills the process. Threads have at
    /// least 2 MiB; host functions need the rest.
    pub stack_bytes: usize,
    /// Instructions for starting an instance: its start functions and `configure`.
    pub start_fuel: u64,
    /// Instructions for one call, whatever the input. This is the contract: it counts the same everywhere,
    /// so an answer never depends on the machine's load. A second or so of a modern CPU.
    pub call_fuel: u64,
    /// Further instructions for each byte of input: text, facts and, for rules across files, paths. Python needs about
    /// 3,200 where Rust needs 40; six times Python's need leaves room for slower checks.
    pub fuel_per_byte: u64,
    /// The same for the built-in plugins, which have no deadline and count what they do in loops and in functions that call
    /// themselves, a turn or an entry as no more than 128: sixteen megabytes keep a call busy for half a minute or so at most,
    /// at the same point on every machine. They are then asked for fewer rules at once, until four calls have used up theirs.
    pub built_in_fuel_per_byte: u64,
    /// Wall-clock backstop for one call or start of a plugin that is not built in, for what instructions do not measure.
    /// Far above what the fuel allows on an ordinary machine, so that it does not trip under load.
    pub deadline: Duration,
    /// Time of all calls of one plugin in a run, all threads together, beyond which the program names the plugin. Nothing
    /// is cut off by it. The built-in plugins take seconds for the largest repositories.
    pub plugin_time: Duration,
    /// Bytes that the host allocates for one answer of `check`. Without it a list whose strings all
    /// overlap turns a megabyte of guest memory into terabytes of ours. Ten thousand findings of 1 KiB.
    pub answer_bytes: usize,
    /// The same for one answer of `check-project`.
    pub project_answer_bytes: usize,
    /// Findings kept of one answer of `check`, the first by position: more than that helps nobody and makes reports
    /// unusable. The rest is counted and let go, and the report says so.
    pub findings: usize,
    /// Findings kept of one answer of `check-project`.
    pub project_findings: usize,
    /// Labels of one finding: people do not read more, and each costs a snippet in the report.
    pub labels: usize,
    /// Alternative fixes of one finding.
    pub fixes: usize,
    /// Edits of one fix: a rename in a large file touches hundreds of places.
    pub edits: usize,
    /// Entries of a finding's `data`.
    pub data: usize,
    /// Bytes of a text that is shown (message, help, label, title, data); longer texts are cut and end in `…`.
    pub shown_bytes: usize,
    /// Bytes of any single text; a longer one is a fault. Replacements and facts cannot be cut without
    /// changing what they mean.
    pub text_bytes: usize,
    /// Facts recorded for one file.
    pub facts: usize,
    /// Bytes of all facts of one file, keys and values: they are kept until the whole repository has been read.
    pub facts_bytes: usize,
    /// Bytes of all facts of one plugin, handed to `check-project` at once and copied into its memory.
    pub project_facts_bytes: usize,
    /// Bytes kept of what a plugin writes to its standard output and error.
    pub log_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: 64 * MIB,
            function_bytes: 768 * KIB,
            function_locals: 1_000,
            function_loops: 1_000,
            function_nesting: 2_000,
            function_branches: 50_000,
            function_merges: 8_000_000,
            compile_time: Duration::from_secs(300),
            memory_bytes: 256 * MIB,
            kept_memory_bytes: 64 * MIB,
            memories: 8,
            tables: 128,
            table_elements: 1_000_000,
            instances: 256,
            handles: 10_000,
            stack_bytes: 512 * KIB,
            start_fuel: 2_000_000_000,
            call_fuel: 1_000_000_000,
            fuel_per_byte: 20_000,
            built_in_fuel_per_byte: 2_000,
            deadline: Duration::from_secs(60),
            plugin_time: Duration::from_secs(30),
            answer_bytes: 16 * MIB,
            project_answer_bytes: 64 * MIB,
            findings: 10_000,
            project_findings: 100_000,
            labels: 32,
            fixes: 8,
            edits: 1_000,
            data: 32,
            shown_bytes: 2 * KIB,
            text_bytes: 64 * KIB,
            facts: 10_000,
            facts_bytes: 512 * KIB,
            project_facts_bytes: 64 * MIB,
            log_bytes: 16 * KIB,
        }
    }
}

impl Limits {
    /// Instructions for a call of a plugin from outside whose input has this many bytes.
    #[must_use]
    pub fn fuel(&self, input_bytes: usize) -> u64 {
        self.fuel_of(self.fuel_per_byte, input_bytes)
    }

    /// As [`Limits::fuel`], for a built-in plugin.
    #[must_use]
    pub fn built_in_fuel(&self, input_bytes: usize) -> u64 {
        self.fuel_of(self.built_in_fuel_per_byte, input_bytes)
    }

    fn fuel_of(&self, per_byte: u64, input_bytes: usize) -> u64 {
        let input = u64::try_from(input_bytes).unwrap_or(u64::MAX);
        self.call_fuel.saturating_add(per_byte.saturating_mul(input))
    }
}
