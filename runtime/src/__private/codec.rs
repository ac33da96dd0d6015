//! The codecs by their names, for `codec = "…"`: evaluated when the user's function is compiled, which fails where the
//! codec is left out of this build.

macro_rules! named {
    ($($name:ident $feature:literal)*) => {$(
        /// The name of this codec.
        #[cfg(feature = $feature)]
        pub const fn $name() -> &'static str {
            $feature
        }

        /// This build leaves the codec out.
        #[cfg(not(feature = $feature))]
        pub const fn $name() -> &'static str {
            panic!(concat!("the codec `", $feature, "` needs the cargo feature `", $feature, "` of larder"))
        }
    )*};
}

named!(msgpack "msgpack" postcard "postcard" bincode "bincode" json "json" raw "raw");
