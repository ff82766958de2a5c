// An example's path decides what its file is taken for, and stands in the head of its fence, which is not shown otherwise.
for (const code of document.querySelectorAll("pre > code")) {
    const path = [...code.classList].find((word) => word.startsWith("path="));
    if (!path) continue;
    const caption = document.createElement("p");
    caption.className = "example-path";
    caption.textContent = path.slice("path=".length);
    code.parentElement.before(caption);
}
