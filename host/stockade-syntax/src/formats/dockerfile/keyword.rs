//! The instructions' names.

macro_rules! keywords {
    ($($variant:ident = $name:literal,)*) => {
        /// An instruction's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Keyword { $($variant,)* Unknown }

        impl Keyword {
            /// The name in upper case.
            pub(super) const fn name(self) -> Option<&'static str> {
                match self { $(Self::$variant => Some($name),)* Self::Unknown => None }
            }

            /// The keyword that `word` is, in whatever case.
            pub(super) fn of(word: &str) -> Self {
                $(if word.eq_ignore_ascii_case($name) { return Self::$variant; })*
                Self::Unknown
            }

            /// The keyword that `word` is, in upper case.
            pub(super) fn from_upper(word: &str) -> Option<Self> {
                match word { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

keywords! {
    Run = "RUN",
    Copy = "COPY",
    Env = "ENV",
    From = "FROM",
    Arg = "ARG",
    Workdir = "WORKDIR",
    Add = "ADD",
    Cmd = "CMD",
    Entrypoint = "ENTRYPOINT",
    Expose = "EXPOSE",
    User = "USER",
    Label = "LABEL",
    Volume = "VOLUME",
    Healthcheck = "HEALTHCHECK",
    Shell = "SHELL",
    Onbuild = "ONBUILD",
    Stopsignal = "STOPSIGNAL",
    Maintainer = "MAINTAINER",
}

impl Keyword {
    /// How many words must follow at least.
    pub(super) const fn least_words(self) -> usize {
        match self {
            Self::Copy | Self::Add => 2,
            Self::Cmd | Self::Entrypoint | Self::Unknown => 0,
            _ => 1,
        }
    }
}
