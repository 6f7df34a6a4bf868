// Paints points as discs on the graphics card.

const VERTEX = `#version 300 es
in vec3 before; in vec3 after; in uint color; in uint flags;
uniform mat3 axes; uniform vec2 center, scale; uniform float t, radius; uniform bool marking, chosen, solid;
uniform vec3 plain; uniform bool single; uniform vec2 strength; uniform sampler2D palette;
out vec4 ink; out float reach;
void main() {
  bool selected = (flags & 2u) != 0u;
  if ((flags & 1u) == 0u || (marking && selected != chosen)) { gl_Position = vec4(2, 2, 2, 1); gl_PointSize = 0.; return; }
  vec3 position = mix(before, after, t) - (solid ? vec3(.5) : vec3(.5, .5, 0));
  vec3 seen = position * axes;
  gl_Position = vec4((seen.xy + .5 - center) * scale, solid ? -seen.z * .5 : 0., 1);
  reach = marking && chosen ? radius * 1.25 : radius * (solid ? 1. + .35 * seen.z : 1.);
  gl_PointSize = 2. * reach + 2.;
  int at = int(color);
  vec3 rgb = single ? plain : texelFetch(palette, ivec2(at & 255, at >> 8), 0).rgb;
  ink = vec4(rgb, marking && !chosen ? strength.y : strength.x);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 ink; in float reach; uniform vec3 rim; uniform float line; uniform bool solid; out vec4 painted;
void main() {
  float from = length(gl_PointCoord - .5) * (2. * reach + 2.);
  float cover = clamp(reach + .5 - from, 0., 1.);
  if (cover <= (solid ? .4 : 0.)) discard;
  float edge = clamp(from - (reach - line) + .5, 0., 1.) * smoothstep(2.2, 4., reach / line);
  vec3 rgb = mix(ink.rgb, rim, .6 * edge);
  float alpha = ink.a * cover;
  painted = vec4(rgb * alpha, alpha);
}`;

export class WebGLPainter {
  name = "webgl2";

  static on(canvas) {
    const gl = canvas.getContext("webgl2", { antialias: false, alpha: true, premultipliedAlpha: true });
    const program = gl && WebGLPainter.linked(gl);
    return program ? new WebGLPainter(gl, program) : null;
  }

  static linked(gl) {
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
  }

  constructor(gl, program) {
    Object.assign(this, { gl, program, buffers: {}, uniforms: {} });
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS);
    for (let k = 0; k < count; k++) {
      const { name } = gl.getActiveUniform(program, k);
      this.uniforms[name] = gl.getUniformLocation(program, name);
    }
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
    this.tint(null);
  }

  move(before, after, dims) {
    Object.assign(this, { count: after.length / dims, dims });
    this.fill("before", before, dims);
    this.fill("after", after, dims);
  }

  flag(flags) {
    this.fill("flags", flags, 0);
  }

  color(colors, palette) {
    this.fill("color", colors, 0);
    this.tint(palette);
  }

  // Without a number of coordinates the values stay whole numbers.
  fill(name, values, dims) {
    const { gl } = this, location = gl.getAttribLocation(this.program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, (this.buffers[name] ??= gl.createBuffer()));
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(location);
    const type = values.BYTES_PER_ELEMENT === 2 ? gl.UNSIGNED_SHORT : gl.UNSIGNED_BYTE;
    if (dims) gl.vertexAttribPointer(location, dims, type, true, 0, 0);
    else gl.vertexAttribIPointer(location, 1, type, 0, 0);
  }

  // The palette as an image 256 wide; without one all points have the accent of the theme.
  tint(palette) {
    const { gl } = this, count = palette ? palette.length / 3 : 1, rows = Math.ceil(count / 256);
    const texels = new Uint8Array(256 * rows * 4).fill(255);
    if (palette) for (let k = 0; k < count; k++) texels.set(palette.subarray(3 * k, 3 * k + 3), 4 * k);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels);
    this.single = !palette;
  }

  paint({ camera, t, density, radius, theme, marking, strength }) {
    const { gl, uniforms } = this, { width, height } = gl.canvas, solid = this.dims === 3;
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    if (solid) gl.enable(gl.DEPTH_TEST);
    else gl.disable(gl.DEPTH_TEST);
    const [sx, sy] = camera.scale, axes = camera.axes();
    // Three axes one after the other are the columns of the matrix: a row vector times it is three products.
    gl.uniformMatrix3fv(uniforms.axes, false, axes.flat());
    gl.uniform2f(uniforms.center, camera.x, camera.y);
    gl.uniform2f(uniforms.scale, (2 * sx) / camera.width, (2 * sy) / camera.height);
    gl.uniform1f(uniforms.t, t);
    gl.uniform1f(uniforms.radius, radius * density);
    gl.uniform1f(uniforms.line, density);
    gl.uniform1i(uniforms.solid, solid);
    gl.uniform1i(uniforms.single, this.single);
    gl.uniform3fv(uniforms.plain, theme.rgb.accent);
    gl.uniform3fv(uniforms.rim, theme.rgb.background);
    gl.uniform2f(uniforms.strength, strength, theme.dark ? 0.2 : 0.14);
    gl.uniform1i(uniforms.marking, marking);
    for (const chosen of marking ? [0, 1] : [0]) {
      gl.uniform1i(uniforms.chosen, chosen);
      gl.drawArrays(gl.POINTS, 0, this.count);
    }
  }

  close() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
