//! The program: arguments, wiring, exit codes. Everything it does lies in the crates it wires together.

mod args;
mod catalog;
mod commands;
mod config;
mod diff;
mod dirs;
mod error;
mod exit;
mod git;
mod harmless;
mod home;
mod known;
mod limits;
mod locked;
mod own;
mod plugins;
mod policy;
mod prepare;
mod results;
mod terminal;

use clap::{CommandFactory as _, Parser as _};
use std::io::Write;
use std::process::ExitCode;

/// The system's takes memory in small steps, and each page of it costs a fault when it is first touched.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let error = args::hints::with_tip(error, &args::Arguments::command());
            let printed = error.print();
            // `--help` and `--version` arrive here too, and are no failure.
            return if error.use_stderr() {
                exit::Exit::NotDone.into()
            } else {
                ended(commands::quiet(printed).map(|()| exit::Exit::Clean), args::Color::Auto)
            };
        }
    };
    let color = arguments.color;
    ended(commands::run(arguments), color)
}

/// The exit code, after the error is told if there is one.
fn ended(result: Result<exit::Exit, error::ProgramError>, color: args::Color) -> ExitCode {
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            let text = terminal::render_error(&error, terminal::stderr_color(color));
            let _ = std::io::stderr().write_all(text.as_bytes());
            exit::Exit::NotDone.into()
        }
    }
}
