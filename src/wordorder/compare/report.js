const field = document.querySelector("#filter");
field.parentElement.hidden = false;
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of document.querySelectorAll("tr[data-arm]")) {
    row.hidden = !words.every((word) => row.dataset.arm.toLowerCase().includes(word));
  }
});
