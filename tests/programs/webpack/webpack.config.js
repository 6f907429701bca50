const MiniCssExtractPlugin = require('mini-css-extract-plugin')

module.exports = {
  entry: './main.js',
  target: 'node',
  module: {
    rules: [
      { test: /\.css$/, use: [MiniCssExtractPlugin.loader, 'css-loader'] },
      { test: /\.js$/, exclude: /node_modules|lodash/, use: { loader: 'babel-loader', options: { presets: ['@babel/preset-env'] } } }
    ]
  },
  plugins: [new MiniCssExtractPlugin()]
}
