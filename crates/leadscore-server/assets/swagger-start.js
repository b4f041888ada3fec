SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#page',
  deepLinking: true,
  // The validator of the project is another host.
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
