//! The macro behind [`super::table`]: typed structs and their rows from one text.

/// Makes a settings struct, a struct for each group of keys, and their [`Table`] from one text: a row is a doc
/// comment (what the reference prints), `key: Type = "default"`, and bounds where it has any.
macro_rules! settings {
    (
        $(#[$root_meta:meta])*
        $vis:vis $Root:ident { $( $(#[doc = $doc:literal])+ $key:ident: $ty:ty = $default:literal $(, within $bounds:expr)?; )* }
        $( $(#[doc = $group_doc:literal])+ $group:ident: $Group:ident {
            $( $(#[doc = $sub_doc:literal])+ $sub:ident: $sub_ty:ty = $sub_default:literal $(, within $sub_bounds:expr)?; )*
        } )*
    ) => {
        $(#[$root_meta])*
        #[derive(Debug, Clone, PartialEq)]
        $vis struct $Root {
            $( $(#[doc = $doc])+ $vis $key: $ty, )*
            $( $(#[doc = $group_doc])+ $vis $group: $Group, )*
        }

        $(
            $(#[doc = $group_doc])+
            #[derive(Debug, Clone, PartialEq)]
            $vis struct $Group { $( $(#[doc = $sub_doc])+ $vis $sub: $sub_ty, )* }
        )*

        impl $crate::settings::field::Table for $Root {
            fn definitions() -> Vec<$crate::settings::field::Definition> {
                use $crate::settings::field::Field;
                vec![
                    $( Field::<$ty>::new(stringify!($key), $default, concat!($($doc),+))
                        $(.within($bounds))?.definition(), )*
                    $( $( Field::<$sub_ty>::new(
                            concat!(stringify!($group), ".", stringify!($sub)), $sub_default, concat!($($sub_doc),+))
                        $(.within($sub_bounds))?.definition(), )* )*
                ]
            }

            fn read(
                layers: &$crate::settings::layer::Layers,
            ) -> Result<Self, $crate::settings::error::SettingsError> {
                use $crate::settings::field::Field;
                Ok(Self {
                    $( $key: Field::<$ty>::new(stringify!($key), $default, "")
                        $(.within($bounds))?.read(layers)?, )*
                    $( $group: $Group {
                        $( $sub: Field::<$sub_ty>::new(
                                concat!(stringify!($group), ".", stringify!($sub)), $sub_default, "")
                            $(.within($sub_bounds))?.read(layers)?, )*
                    }, )*
                })
            }
        }
    };
}

pub(crate) use settings;
