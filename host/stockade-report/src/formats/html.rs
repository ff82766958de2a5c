pub(super) fn render(_: &crate::Input<'_>, _: &mut dyn std::io::Write) -> std::io::Result<()> {
    Ok(())
}
