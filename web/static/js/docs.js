// The interface's description, to read and to try.
const place = document.getElementById("docs");
window.SwaggerUIBundle({ url: place.dataset.url, domNode: place, deepLinking: true, validatorUrl: null });
